"""Readings: what the camera saw of the light, and how warm the computer is."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lookout.bus.messages import Reading, now
from lookout.bus.session import Session
from lookout.bus.topics import Topics
from services.camera.capturer import Capturer

CPU_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")  # millidegrees C


@dataclass(frozen=True, slots=True)
class Sensors:
    """Sends a reading every `interval` seconds, also while the broker is away (bounded)."""

    node: str
    session: Session
    topics: Topics
    capturer: Capturer
    interval: float

    async def run(self) -> None:
        """Send readings until cancelled; the first once there is a picture to tell the light."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.interval):
                await self.capturer.first_picture.wait()
        while True:
            self.send()
            await asyncio.sleep(self.interval)

    def send(self) -> None:
        """Send one reading, when there is anything to say."""
        metrics = self._metrics()
        if metrics:
            reading = Reading(timestamp=now(), **metrics)
            self.session.post(self.topics.reading(self.node), reading.encode(), retain=True)

    def _metrics(self) -> dict[str, float]:
        last = self.capturer.last
        values = {
            "lux": last.lux if last else None,
            "temperature": last.temperature if last else None,
            "cpu_temperature": cpu_temperature(CPU_TEMPERATURE),
        }
        return {name: round(value, 3) for name, value in values.items() if value is not None}


def cpu_temperature(path: Path) -> float | None:
    """Degrees C, or None where the kernel does not tell."""
    try:
        return int(path.read_text()) / 1000
    except (OSError, ValueError):
        return None
