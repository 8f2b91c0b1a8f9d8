"""How the node shows itself in Home Assistant."""

from pydantic import Field

from lookout.contract.topics import NodeName
from lookout.host.settings import HomeAssistant


class NodeHomeAssistant(HomeAssistant):
    """What every process has, and what only a node needs."""

    known_as: NodeName | None = Field(
        None, description="its first name, where it was renamed: its entities keep their ids"
    )
