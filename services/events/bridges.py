"""Links to other sites' brokers: said as `bridge_online` and `bridge_offline`, and as a metric."""

from dataclasses import dataclass, field
from typing import Final

from lookout.bus.events import EventBus
from lookout.bus.subscription import Message
from services.events import metrics

MOST: Final = 200  # bridges; a site's broker names itself


@dataclass(frozen=True, slots=True)
class Bridges:
    """Follows what the hub's broker says of the bridges that come to it."""

    bus: EventBus
    _up: dict[str, bool] = field(default_factory=dict)

    async def handle(self, message: Message) -> None:
        """Note one state; what is retained at our start is not news, a change is."""
        name = message.topic.split("/")[-2][:100]
        before, up = self._up.get(name), message.payload == b"1"
        if before is None and len(self._up) >= MOST:
            return
        self._up[name] = up
        metrics.BRIDGE_UP.labels(name).set(up)
        if before is not None and up != before:
            self.bus.fire("bridge_online" if up else "bridge_offline", {"bridge": name})
