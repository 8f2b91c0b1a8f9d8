"""The DS18B20 thermometer through the kernel's 1-wire driver (w1_therm)."""

from typing import Final

from services.camera.sensors.sensor import SensorError
from services.camera.settings.sensors import Ds18b20 as Settings

POWER_ON: Final = 85_000  # millidegrees C that the chip shows before its first measurement


class Ds18b20:
    """One thermometer, named by the number that is burnt into it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> dict[str, float]:
        """`temperature` in degrees C. Raises SensorError."""
        path = self._settings.path / self._settings.id / "w1_slave"
        try:
            text = path.read_text()
        except OSError as error:
            raise SensorError(self._missing(error)) from None
        return {"temperature": self._parse(text)}

    def _parse(self, text: str) -> float:
        """The driver's two lines: the first ends in YES or NO, the second in t=23125."""
        first, _, second = text.partition("\n")
        _, found, digits = second.partition("t=")
        if not first.strip().endswith("YES") or not found:
            raise SensorError(
                f"{self._settings.id} was read with a wrong checksum: check the wires and the "
                "resistor of 4.7 kOhm between data and 3.3 V."
            )
        value = int(digits)
        if value == POWER_ON:
            raise SensorError(f"{self._settings.id} has lost its power for a moment: check it.")
        return value / 1000

    def _missing(self, error: OSError) -> str:
        found: list[str] = []
        if self._settings.path.is_dir():
            found = sorted(each.name for each in self._settings.path.glob("[0-9a-f][0-9a-f]-*"))
        if not found:
            return (
                f"No 1-wire sensor is in {self._settings.path} ({error.strerror}): add "
                "`dtoverlay=w1-gpio` to /boot/firmware/config.txt, check the wires and restart."
            )
        return f"{self._settings.id} is not on the 1-wire bus; found: {', '.join(found)}."
