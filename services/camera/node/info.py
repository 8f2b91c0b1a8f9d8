"""What the node says about itself, retained on its info topic."""

import asyncio
import platform
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import lookout
from lookout.bus.commands import Services
from lookout.bus.session import Session
from lookout.contract.nodes import Info
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from services.camera.capture.capturer import Capturer
from services.camera.detectors import Detectors
from services.camera.lights import Lights
from services.camera.live import LiveView
from services.camera.node.presets import Presets
from services.camera.outbox.hubclock import HubClock
from services.camera.sources.size import Size, SizedSource

MODEL = Path("/proc/device-tree/model")
REFRESH_SECONDS = 5.0
OLD_INTERVALS, LEAST_OLD = 3, 60.0  # intervals and seconds after which a picture is too old


@dataclass(slots=True)
class About:
    """Publishes the node's description, and again when it has changed."""

    node: str
    session: Session
    topics: Topics
    capturer: Capturer
    services: Services
    live: LiveView
    hub_clock: HubClock
    lights: Lights
    detectors: Detectors
    presets: Presets
    started_at: float
    _said: Info | None = None

    def describe(self) -> Info:
        """The node as it is now."""
        spool, source = self.capturer.spool, self.capturer.source
        camera, can_watch = self.capturer.tuning.current, self.detectors.possible
        return Info(
            version=lookout.__version__,
            host=socket.gethostname(),
            model=computer_model(),
            camera=source.model,
            resolution=source.resolution,
            services=self.services.names,
            live_url=self.live.url,
            started_at=self.started_at,
            spool_depth=len(spool),
            spool_bytes=spool.total_bytes,
            spool_dropped=spool.lost,
            interval=self.capturer.settings.interval,
            quality=self.capturer.settings.quality,
            ttl=self.capturer.settings.ttl,
            clock_skew=self.hub_clock.skew,
            lights=self.lights.state or None,
            last_capture=self._last_capture,
            picture_too_old=self._picture_too_old,
            failure=self.capturer.failure if self.capturer.failures else None,
            motion=self.detectors.motion if can_watch else None,
            moving=self.detectors.moving if can_watch else None,
            lighted=self.detectors.lighted,
            exposure_value=camera.exposure_value if camera.source == "picamera2" else None,
            enabled=self.capturer.settings.enabled,
            preset=self.presets.chosen,
            presets=self.presets.names or None,
            size=self._size,
            sizes=self.sizes or None,
            picture_bytes=len(last.jpeg) if (last := self.capturer.last) else None,
        )

    @property
    def sizes(self) -> tuple[Size, ...]:
        """What to choose from; none where the source cannot tell, or not yet."""
        source, tuning = self.capturer.source, self.capturer.tuning
        if not isinstance(source, SizedSource):
            return ()
        return source.sizes(tuning.configured.resolution)

    @property
    def _size(self) -> Size | None:
        known = (self.capturer.tuning.current.resolution, self.capturer.source.resolution)
        return next((size for size in known if size in self.sizes), None)

    @property
    def _last_capture(self) -> float | None:
        """Unix seconds, also over a restart; None before the first."""
        return self.capturer.ids.last / 1000 or None

    @property
    def _picture_too_old(self) -> bool:
        """Never where pictures come only when asked for, by day or night only, or not at all."""
        settings = self.capturer.settings
        if not settings.interval or settings.only != "always" or not settings.enabled:
            return False
        age = now() - max(self._last_capture or 0.0, self.started_at)
        return age > max(OLD_INTERVALS * settings.interval, LEAST_OLD)

    def publish(self) -> None:
        """Say it now."""
        self._said = self.describe()
        self.session.post(self.topics.info(self.node), self._said.encode(), retain=True)

    async def run(self) -> None:
        """Say it after each connect, and when something has changed, until cancelled."""
        while True:
            await self.session.connected()
            if self.describe() != self._said:
                self.publish()
            await self._rest()

    async def _rest(self) -> None:
        """Sleep for a while, or until the live view has another address or something moves."""
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                await self.live.changed.wait()
        except TimeoutError:
            return
        self.live.changed.clear()


@cache
def computer_model() -> str:
    """Such as `Raspberry Pi 4 Model B Rev 1.4`; elsewhere the processor's kind."""
    try:
        return MODEL.read_text().strip("\0\n ")
    except OSError:
        return platform.machine()
