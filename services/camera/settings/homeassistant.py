"""How the node shows itself in Home Assistant."""

from typing import Annotated

from pydantic import Field

from lookout.host.settings import Section

_Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=128)]


class HomeAssistant(Section):
    """How the node shows itself in Home Assistant."""

    enabled: bool = Field(True, description="whether it announces itself; false takes it out again")
    prefix: _Topic = Field("homeassistant", description="Home Assistant's discovery prefix")
    birth_topic: _Topic = Field(
        "homeassistant/status", description="where Home Assistant says that it has started"
    )
