"""When a picture is not worth much."""

from pydantic import Field

from lookout.host.settings import Section


class View(Section):
    """What counts as a problem with the view. 0 turns one of them off."""

    after: int = Field(3, ge=1, le=1000, description="captures in a row until it is told")
    black: float = Field(8.0, ge=0, le=255, description="mean grey (0 to 255) below which")
    covered: float = Field(
        4.0, ge=0, le=128, description="standard deviation of grey below which nothing is seen"
    )
    frozen: int = Field(
        10, ge=0, le=10_000, description="captures in a row that are the same picture"
    )
    same: float = Field(
        0.02, ge=0, le=255, description="mean difference in grey up to which two are the same"
    )
    blurred: float = Field(
        0.4, ge=0, lt=1, description="sharpness below this part of what is usual here"
    )
