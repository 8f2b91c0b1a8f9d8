"""A camera node in this process: the real service on a source that keeps its own record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from services.camera import service
from services.camera.settings import Camera, CameraSettings
from services.camera.settings.camera import PI_ONLY
from services.camera.sources import Picture, Source, SourceError
from services.camera.sources.source import TONES
from tests.support.pictures import numbered_jpeg
from tests.support.waiting import eventually


@dataclass
class RecordingSource:
    """Gives numbered pictures and remembers each; fails, hangs or slows down when told to."""

    padding: int = 0
    name: str = "recorder"
    taken: dict[bytes, float] = field(default_factory=dict)  # bytes -> Unix time of the capture
    failing: str = ""
    opened: int = 0
    settings: list[Camera] = field(default_factory=list)  # each that was asked for
    model: str = "recorder"
    resolution: tuple[int, int] | None = (64, 48)

    def does(self, settings: Camera) -> frozenset[str]:
        """As a Pi's camera does."""
        if settings.source != "picamera2":
            return frozenset({"resolution"})
        return frozenset({"resolution", "crop", "hflip", "vflip", *TONES, *PI_ONLY})

    async def open(self) -> None:
        self.opened += 1

    async def capture(self, quality: int) -> Picture:
        if self.failing == "hang":
            await asyncio.Event().wait()
        if self.failing:
            raise SourceError(self.failing)
        timestamp = now()
        jpeg = numbered_jpeg(len(self.taken), owner=self.name, padding=self.padding)
        self.taken[jpeg] = timestamp
        meta: dict[str, Any] = {"quality": quality}
        return Picture(jpeg, timestamp, 64, 48, lux=110.0, meta=meta)

    async def adjust(self, settings: Camera) -> None:
        self.settings.append(settings)

    async def close(self) -> None:
        """Nothing to let go of."""


def node_settings(broker: Broker, data: Path, **sections: Any) -> CameraSettings:
    """Settings of the node `garden` for tests: quick, and bound to no environment."""
    defaults: dict[str, Any] = {
        "node": "garden",
        "mqtt": broker,
        "data": data,
        "capture": {"interval": 0.1},
        "spool": {"resend_after": 1.0},
        "camera": {"source": "synthetic", "timeout": 20.0},
    }
    return CameraSettings(**{**defaults, **sections})


@asynccontextmanager
async def running_node(settings: CameraSettings, source: Source) -> AsyncIterator[None]:
    """The node while the context lasts; it says goodbye at the end."""
    status = Topics(settings.mqtt.root).status(settings.node)
    session = Session(
        settings.mqtt, f"lookout-{settings.node}", presence=status, session_expiry=300
    )
    async with session:
        task = asyncio.create_task(service.run(settings, session, source), name="node")
        try:
            yield
        finally:
            await cancel(task)


async def took(source: RecordingSource, number: int) -> None:
    """Wait until the camera has taken `number` more pictures."""
    goal = len(source.taken) + number
    await eventually(lambda: len(source.taken) >= goal, 30)
