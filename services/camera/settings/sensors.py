"""What is measured."""

from pydantic import Field

from lookout.host.settings import Section


class Sensors(Section):
    """How often readings are sent."""

    interval: float = Field(60.0, ge=1, le=86400, description="seconds between readings")
