"""What each node said last on the bus: the store learns of it a moment after we do."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

MOST_NODES: Final = 10_000  # those that have said nothing for longest are forgotten


class Heard:
    """The newest status, information and reading of each node."""

    def __init__(self) -> None:
        self._nodes: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def note(self, node: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remember a change; all that is known of the node by now."""
        known = self._nodes[node] = {**self._nodes.pop(node, {}), **change}
        while len(self._nodes) > MOST_NODES:
            self._nodes.popitem(last=False)
        return known

    def of(self, node: str) -> Mapping[str, Any]:
        """All that was heard of a node."""
        return self._nodes.get(node, {})
