"""What a node says about itself, and what others say about its pictures."""

from typing import Annotated, Literal

from pydantic import Field

from lookout.contract.errors import BadMessage, short
from lookout.contract.images import ImageId
from lookout.contract.wire import Finite, Open, Wire

Status = Literal["online", "offline"]
Natural = Annotated[int, Field(ge=0)]


class Info(Open):
    """What a node says about itself, retained."""

    version: str = ""
    host: str = ""
    model: str | None = Field(None, description="the computer, such as Raspberry Pi 4 Model B")
    camera: str | None = Field(None, description="the sensor's model, or the source's name")
    resolution: tuple[int, int] | None = None
    services: tuple[str, ...] = ()
    live_url: str | None = None
    started_at: float | None = Field(None, description="Unix seconds")
    spool_depth: int | None = Field(None, ge=0, description="captures not yet stored by the hub")
    spool_bytes: int | None = Field(None, ge=0)
    spool_dropped: int | None = Field(None, ge=0, description="captures lost since the start")
    interval: float | None = Field(None, description="seconds between captures")
    quality: int | None = None
    ttl: int | None = Field(None, description="seconds its images are kept; 0: as the hub is set")
    clock_skew: float | None = Field(None, description="seconds this node is ahead of the hub")
    lights: dict[str, bool] | None = Field(None, description="which of its lamps are on")
    last_capture: float | None = Field(None, description="Unix seconds")
    picture_too_old: bool | None = None
    failure: str | None = Field(None, description="why the last capture failed, if it did")
    motion: bool | None = Field(None, description="whether motion is looked for; None: cannot be")
    moving: tuple[str, ...] | None = Field(None, description="regions in which something moves now")
    lighted: tuple[str, ...] | None = Field(None, description="regions that are lighted now")
    exposure_value: float | None = Field(None, description="stops; only of cameras that take it")
    enabled: bool | None = Field(None, description="whether pictures are taken at all")
    preset: str | None = Field(None, description="the one whose values hold now; None: none's do")
    presets: tuple[str, ...] | None = Field(None, description="what `set preset` takes")
    size: tuple[int, int] | None = Field(None, description="the one of `sizes` that is set")
    sizes: tuple[tuple[int, int], ...] | None = Field(None, description="some of `resolution`")
    picture_bytes: int | None = Field(None, ge=0, description="of the last picture")
    wakes_at: float | None = Field(
        None, description="Unix seconds: it sleeps until then; None: it is awake, or never sleeps"
    )
    pending: tuple[str, ...] | None = Field(
        None, description="settings that no picture was taken with yet; None: there are none"
    )


class Detection(Wire):
    """What was seen in a node's newest image, by the analytics service or the camera itself.

    `labels` and `zones` are steady: what as many of the last images show as was set.
    """

    image_id: ImageId
    timestamp: Finite
    people: int = Field(ge=0)
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    labels: dict[str, Natural] = Field({}, description="how many of each thing, anywhere")
    zones: dict[str, dict[str, Natural]] = Field({}, description="the same in each zone")


def parse_info(payload: bytes) -> Info:
    """Read a node's description of itself. Raises BadMessage."""
    return Info.decode(payload)


def parse_status(payload: bytes) -> Status:
    """Read `online` or `offline`. Raises BadMessage."""
    match payload:
        case b"online":
            return "online"
        case b"offline":
            return "offline"
    raise BadMessage(f"status = {short(payload)}: online or offline")
