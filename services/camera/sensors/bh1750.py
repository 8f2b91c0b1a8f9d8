"""The BH1750 light sensor. Commands and formula: ROHM, BH1750FVI technical note (2011.11)."""

import time
from typing import TYPE_CHECKING, Final

from services.camera.sensors import i2c
from services.camera.settings.sensors import Bh1750 as Settings

if TYPE_CHECKING:
    from smbus2 import SMBus

ONE_TIME_HIGH: Final = 0x20  # one measurement with a resolution of 1 lux, then asleep
LONGEST: Final = 0.18  # seconds that a measurement takes at most
COUNTS_PER_LUX: Final = 1.2  # the note's typical value


class Bh1750:
    """One sensor."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> dict[str, float]:
        """`lux`, from 0 to 54612. Raises SensorError."""
        settings = self._settings
        with i2c.opened(settings.bus, settings.address, "BH1750") as bus:
            return {"lux": measure(bus, settings.address)}


def measure(bus: "SMBus", address: int) -> float:
    """One measurement in lux. Raises OSError."""
    from smbus2 import i2c_msg

    bus.write_byte(address, ONE_TIME_HIGH)
    time.sleep(LONGEST)
    answer = i2c_msg.read(address, 2)
    bus.i2c_rdwr(answer)
    high, low = list(answer)  # type: ignore[call-overload]
    return lux(high, low)


def lux(high: int, low: int) -> float:
    """The light of the two bytes that the sensor sends."""
    return (high << 8 | low) / COUNTS_PER_LUX
