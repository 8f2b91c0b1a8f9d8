"""DHT11 and DHT22 through the kernel's driver (dht11), which serves both.

Their protocol needs microseconds, which a kernel can keep and Python cannot.
"""

import time
from pathlib import Path
from typing import Final

from services.camera.sensors.sensor import SensorError
from services.camera.settings.sensors import Dht as Settings

TRIES: Final = 3
PAUSE: Final = 2.5  # seconds between tries: the sensor measures every two seconds


class Dht:
    """One sensor."""

    def __init__(self, settings: Settings, pause: float = PAUSE) -> None:
        self._settings = settings
        self._pause = pause

    def read(self) -> dict[str, float]:
        """`temperature` in degrees C and `humidity` in per cent. Raises SensorError."""
        folder = self._folder()
        for number in range(TRIES):
            if number:
                time.sleep(self._pause)
            try:
                return {
                    "temperature": _thousandths(folder / "in_temp_input"),
                    "humidity": _thousandths(folder / "in_humidityrelative_input"),
                }
            except (OSError, ValueError) as error:
                reason = str(error)
        raise SensorError(
            f"The {self._settings.kind} did not answer {TRIES} times ({reason}): check its wires "
            "and the resistor of 10 kOhm between data and 3.3 V."
        )

    def _folder(self) -> Path:
        """The device's folder: the one given, or the only one of its driver below it."""
        path = self._settings.path
        if (path / "in_temp_input").exists():
            return path
        found = [name.parent for name in path.glob("*/name") if name.read_text().startswith("dht")]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(str(each) for each in sorted(found))
            raise SensorError(f"There are several: name one as path, of {names}.")
        raise SensorError(
            f"No {self._settings.kind} is in {path}: add `dtoverlay=dht11,gpiopin=4` (your pin; "
            "for the DHT22 too) to /boot/firmware/config.txt and restart the Pi."
        )


def _thousandths(path: Path) -> float:
    return int(path.read_text()) / 1000
