"""When something is wrong with this node."""

from pydantic import Field

from lookout.host.settings import Section


class Health(Section):
    """From when on it is told, or acted on."""

    give_up_after: float = Field(
        600.0, ge=0, le=86400, description="seconds without a picture until the process exits; or 0"
    )
    clock_skew: float = Field(
        5.0, gt=0, le=86400, description="seconds by which the clock may differ from the hub's"
    )
