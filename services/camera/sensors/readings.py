"""Readings: what the camera saw of the light, and what the sensors measured."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from pydantic import ValidationError

from lookout.bus.session import Session
from lookout.contract.errors import explain
from lookout.contract.readings import Reading
from lookout.contract.topics import Topics
from services.camera.capture.capturer import Capturer
from services.camera.sensors.probe import Probe
from services.camera.settings import Sensors as SensorSettings

logger = structlog.get_logger()


@dataclass(slots=True)
class Sensors:
    """Measures every `interval` seconds and sends it, also while the broker is away (bounded)."""

    node: str
    session: Session
    topics: Topics
    capturer: Capturer
    settings: SensorSettings
    probes: tuple[Probe, ...]
    now: Callable[[], float] = time.time  # Unix seconds
    measured: set[str] | None = None  # each metric that there was; None before the first round
    is_settled: bool = False  # whether a round came after a picture: no other metric will come
    _sent: dict[str, float] = field(default_factory=dict)
    _sent_at: float = -float("inf")  # on the event loop's clock

    async def run(self) -> None:
        """Send readings until cancelled; the first once there is a picture to tell the light."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.interval):
                    await self.capturer.first_picture.wait()
            while True:
                await self.measure()
                await asyncio.sleep(self.settings.interval)
        finally:
            await asyncio.gather(*(probe.close() for probe in self.probes))

    async def measure(self) -> None:
        """Measure once, and send it where it is worth it."""
        metrics = self._seen() if self.capturer.knobs.capture.enabled else {}  # else it is old
        for measured in await asyncio.gather(*(probe.read() for probe in self.probes)):
            metrics |= measured  # a sensor knows better than the camera
        if self.settings.fahrenheit:
            metrics |= _in_fahrenheit(metrics)
        metrics = {name: round(value, 3) for name, value in metrics.items()}
        self.measured = (self.measured or set()) | metrics.keys()
        self.is_settled |= self.capturer.last is not None and self.capturer.knobs.capture.enabled
        if metrics and self._is_worth_sending(metrics):
            self._send(metrics)

    def _seen(self) -> dict[str, float]:
        """What the last picture told."""
        last = self.capturer.last
        values = {
            "lux": last.lux if last else None,
            "temperature": last.temperature if last else None,
        }
        return {name: value for name, value in values.items() if value is not None}

    def _is_worth_sending(self, metrics: dict[str, float]) -> bool:
        """Whether something changed by enough, or came or went, or it is time."""
        differences = self.settings.min_difference
        late = asyncio.get_running_loop().time() - self._sent_at >= self.settings.regular
        if late or not differences or metrics.keys() != self._sent.keys():
            return True
        return any(
            abs(metrics[name] - self._sent[name]) >= least
            for name, least in differences.items()
            if name in metrics
        )

    def _send(self, metrics: dict[str, float]) -> None:
        try:
            reading = Reading(timestamp=round(self.now(), 3), **metrics)
        except ValidationError as error:  # a sensor that measures what cannot be
            logger.error("a reading is not possible, it was not sent", reason=explain(error))
            return
        self.session.post(self.topics.reading(self.node), reading.encode(), retain=True)
        self._sent, self._sent_at = metrics, asyncio.get_running_loop().time()


def _in_fahrenheit(metrics: dict[str, float]) -> dict[str, float]:
    return {
        f"{name}_f": value * 9 / 5 + 32
        for name, value in metrics.items()
        if name.endswith("temperature")
    }
