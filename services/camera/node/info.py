"""What the node says about itself, retained on its info topic."""

import asyncio
import platform
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import lookout
from lookout.bus.commands import Services
from lookout.bus.session import Session
from lookout.contract.nodes import Info
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from services.camera.capture.capturer import Capturer
from services.camera.capture.device import Device
from services.camera.detectors import Detectors
from services.camera.knobs import Knobs
from services.camera.lights import Lights
from services.camera.live import LiveView
from services.camera.outbox.hubclock import HubClock

MODEL = Path("/proc/device-tree/model")
REFRESH_SECONDS = 5.0
OLD_INTERVALS, LEAST_OLD = 3, 60.0  # intervals and seconds after which a picture is too old


@dataclass(slots=True)
class Facts:
    """The parts of a node, each of which says what it knows of itself."""

    node: str
    device: Device
    knobs: Knobs
    capturer: Capturer
    services: Services
    live: LiveView
    hub_clock: HubClock
    lights: Lights
    detectors: Detectors
    started_at: float

    def describe(self) -> Info:
        """The node as it is now."""
        return Info(
            version=lookout.__version__,
            host=socket.gethostname(),
            model=computer_model(),
            services=self.services.names,
            live_url=self.live.url,
            started_at=self.started_at,
            clock_skew=self.hub_clock.skew,
            lights=self.lights.state or None,
            **self._camera(),
            **self._settings(),
            **self._pictures(),
            **self._watched(),
        )

    def _camera(self) -> dict[str, Any]:
        device, wanted = self.device, self.knobs.camera
        known = (wanted.resolution, device.resolution)
        return {
            "camera": device.model,
            "resolution": device.resolution,
            "exposure_value": wanted.exposure_value if device.does("exposure_value") else None,
            "size": next((size for size in known if size in device.sizes), None),
            "sizes": device.sizes or None,
        }

    def _settings(self) -> dict[str, Any]:
        knobs, capture = self.knobs, self.knobs.capture
        return {
            "interval": capture.interval,
            "quality": capture.quality,
            "ttl": capture.ttl,
            "enabled": capture.enabled and not knobs.unknown,
            "preset": knobs.preset,
            "presets": knobs.presets.names or None,
            "pending": knobs.pending or None,
        }

    def _pictures(self) -> dict[str, Any]:
        spool, last = self.capturer.spool, self.capturer.last
        return {
            "spool_depth": len(spool),
            "spool_bytes": spool.total_bytes,
            "spool_dropped": spool.lost,
            "last_capture": self._last_capture,
            "picture_too_old": self._picture_too_old,
            "picture_bytes": len(last.jpeg) if last else None,
            "failure": self.capturer.failure,
        }

    def _watched(self) -> dict[str, Any]:
        detectors = self.detectors
        if not detectors.possible:
            return {"lighted": detectors.lighted}
        return {
            "motion": self.knobs.motion,
            "moving": detectors.moving,
            "lighted": detectors.lighted,
        }

    @property
    def _last_capture(self) -> float | None:
        """Unix seconds, also over a restart; None before the first."""
        return self.capturer.ids.last / 1000 or None

    @property
    def _picture_too_old(self) -> bool:
        """Never where pictures come only when asked for, by day or night only, or not at all."""
        settings = self.knobs.capture
        if not settings.interval or settings.only != "always" or not settings.enabled:
            return False
        age = now() - max(self._last_capture or 0.0, self.started_at)
        return age > max(OLD_INTERVALS * settings.interval, LEAST_OLD)


class NodeInfo:
    """Publishes what the node is, and again when it has changed."""

    def __init__(
        self, session: Session, topics: Topics, facts: Facts, changed: asyncio.Event
    ) -> None:
        self._session = session
        self._topic = topics.info(facts.node)
        self._facts = facts
        self._changed = changed  # set when something is not as it was said
        self._said: Info | None = None
        self.wakes_at: float | None = None  # Unix seconds, once it goes to sleep

    def describe(self) -> Info:
        """The node as it is now."""
        return self._facts.describe().model_copy(update={"wakes_at": self.wakes_at})

    def publish(self) -> None:
        """Publish it now, whether it has changed or not."""
        self._said = self.describe()
        self._session.post(self._topic, self._said.encode(), retain=True)

    async def run(self) -> None:
        """Publish after each connect, and when something has changed, until cancelled."""
        while True:
            await self._session.connected()
            if self.describe() != self._said:
                self.publish()
            await self._rest()

    async def _rest(self) -> None:
        """Sleep for a while, or until something has changed."""
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()


@cache
def computer_model() -> str:
    """Such as `Raspberry Pi 4 Model B Rev 1.4`; elsewhere the processor's kind."""
    try:
        return MODEL.read_text().strip("\0\n ")
    except OSError:
        return platform.machine()
