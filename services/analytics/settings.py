"""The settings of the analytics service."""

from pathlib import Path

from pydantic import Field

from lookout.contract.topics import NodeName
from lookout.contract.watched import Watched
from lookout.host.settings import HomeAssistant, HubSettings, Section
from lookout.vision.objects.choosing import AUTO
from lookout.vision.objects.models import default_folder
from lookout.vision.objects.thing import LEAST_SCORE


class Film(Section):
    """A node's film as a stream."""

    rate: float = Field(5.0, ge=0.1, le=30, description="frames a second at most")
    look: bool = Field(
        False, description="whether the workers look at the frames, besides the stored images"
    )
    memory: int = Field(
        16_000_000,
        ge=100_000,
        le=1_000_000_000,
        description="bytes of its last frames that are kept",
    )


class Analytics(Section):
    """What looks at the images, and at how many of them."""

    worker: int = Field(1, ge=1, le=99, description="number of this worker; each needs its own")
    model: str = Field(
        AUTO,
        min_length=1,
        description="auto (the best that was fetched, else hog), hog, a name that `lookout models` "
        "lists, or a file .onnx or .weights",
    )
    models: Path = Field(default_factory=default_folder, description="folder of fetched models")
    size: int | None = Field(
        None, ge=32, le=4096, description="side of the model's input, pixels, where it names none"
    )
    least_score: float = Field(
        LEAST_SCORE, ge=0.01, le=1, description="what a model is less sure of was not seen"
    )
    every: float = Field(
        0.0, ge=0, le=86_400, description="seconds between two images of a node; 0: all of them"
    )
    least_motion: float | None = Field(
        None,
        gt=0,
        le=100,
        description="per cent of the picture that must have changed since the one of its node that "
        "was looked at last; none: all are looked at",
    )
    max_behind: float = Field(
        60.0,
        ge=0,
        le=604_800,
        description="seconds after it was stored that an image is looked at; when there are too "
        "many, some are skipped; 0: none ever is",
    )
    idle: float = Field(
        60.0, ge=1, le=3_600, description="seconds until what a worker left is taken by another"
    )
    tries: int = Field(5, ge=1, le=20, description="times that looking at an image may fail")
    threads: int = Field(1, ge=1, le=64, description="threads of one worker's model")
    nodes: dict[NodeName, Watched] = Field({}, description="zones and rules of single nodes")
    films: dict[NodeName, Film] = Field(
        {}, max_length=100, description="nodes whose live view is put into a stream, frame by frame"
    )
    metrics_port: int | None = Field(None, ge=1, le=65535, description="for Prometheus, if any")
    metrics_host: str = Field("127.0.0.1", description="address that the metrics listen on")


class AnalyticsSettings(HubSettings):
    """Everything the analytics service is told."""

    analytics: Analytics = Analytics()
    homeassistant: HomeAssistant = HomeAssistant()

    @property
    def name(self) -> str:
        """This worker's name as a hub service: `analytics`, or `analytics_2` for the second."""
        worker = self.analytics.worker
        return "analytics" if worker == 1 else f"analytics_{worker}"
