"""Do the sensors of the settings answer?"""

import asyncio
from typing import Final

from services.camera.check.finding import Finding
from services.camera.sensors import SensorError, make_sensor
from services.camera.sensors.cpu_temperature import CpuTemperature
from services.camera.sensors.vitals import Vitals
from services.camera.settings import CameraSettings

READ_SECONDS: Final = 15.0


async def check_sensors(settings: CameraSettings) -> list[Finding]:
    """A finding for each sensor, and one for what the computer tells of itself."""
    found = []
    for device in settings.sensors.devices:
        try:
            async with asyncio.timeout(READ_SECONDS):
                measured = await asyncio.to_thread(make_sensor(device).read)
        except (SensorError, TimeoutError) as error:
            reason = str(error) or f"no answer within {READ_SECONDS:g} s"
            found.append(Finding(device.label, "problem", reason, "Check its wires and settings."))
        else:
            found.append(Finding(device.label, "ok", _shown(measured)))
    own = CpuTemperature().read() | Vitals(settings.spool_path).read()
    return [*found, Finding("vitals", "ok", _shown(own))]


def _shown(measured: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in measured.items()) or "nothing"
