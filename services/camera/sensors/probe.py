"""One sensor in a thread of its own: a bus that hangs holds up nothing, a failure is told once."""

import asyncio

import structlog

from lookout.bus.events import EventBus
from services.camera.outage import Outage
from services.camera.sensors.sensor import Sensor, SensorError
from services.camera.sources.worker import Worker

logger = structlog.get_logger()

READ_SECONDS = 15.0  # the longest measurement: a DHT tried three times
STOP_SECONDS = 0.2


class Probe:
    """Reads a sensor; `label` is what events call it, `prefix` goes before its metrics."""

    def __init__(self, label: str, sensor: Sensor, events: EventBus, *, prefix: str = "") -> None:
        self._label = label
        self._sensor = sensor
        self._prefix = prefix
        self._worker: Worker | None = None
        self._under_way: asyncio.Future[dict[str, float]] | None = None
        self._outage = Outage(events, "sensor_failed", "sensor_ok", {"sensor": label})

    async def read(self) -> dict[str, float]:
        """What it measured, or nothing when it failed; then an event has said so."""
        try:
            measured = await self._measure()
        except SensorError as error:
            self._outage.failed(str(error))
            return {}
        except Exception as error:  # a driver may raise anything; the node goes on
            logger.exception("a sensor failed", sensor=self._label)
            self._outage.failed(repr(error))
            return {}
        self._outage.worked()
        return {self._prefix + name: value for name, value in measured.items()}

    async def close(self) -> None:
        """End the thread; one that hangs is left behind."""
        if self._worker is not None:
            await self._worker.stop(STOP_SECONDS)

    async def _measure(self) -> dict[str, float]:
        if self._under_way is None:
            self._worker = self._worker or Worker(f"sensor {self._label}")
            self._under_way = self._worker.call(self._sensor.read)
        done, _ = await asyncio.wait([self._under_way], timeout=READ_SECONDS)
        if not done:
            raise SensorError(f"{self._label} gave no answer within {READ_SECONDS:g} s.")
        measured, self._under_way = self._under_way, None
        return measured.result()
