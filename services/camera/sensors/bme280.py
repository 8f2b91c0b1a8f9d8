"""The BME280 for temperature, humidity and pressure.

Registers and formulas: Bosch, BME280 data sheet (BST-BME280-DS002), sections 4.2.2, 5.4 and
appendix A (compensation in double precision).
"""

import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from services.camera.sensors import i2c
from services.camera.sensors.sensor import SensorError
from services.camera.settings.sensors import Bme280 as Settings

if TYPE_CHECKING:
    from smbus2 import SMBus

CHIP_ID, CHIP = 0xD0, 0x60
CALIBRATION_1, CALIBRATION_2 = 0x88, 0xE1
CONTROL_HUMIDITY, STATUS, CONTROL, DATA = 0xF2, 0xF3, 0xF4, 0xF7
ONCE: Final = 0b001_001_01  # temperature x1, pressure x1, one measurement, then asleep
MEASURING: Final = 0x08  # bit of STATUS
LONGEST: Final = 0.0093  # seconds: 1.25 + 2.3 + 2 * (2.3 + 0.575) ms


@dataclass(frozen=True, slots=True)
class Calibration:
    """What each chip was given in the factory: t1 to t3, p1 to p9, h1 to h6."""

    t: tuple[int, ...]
    p: tuple[int, ...]
    h: tuple[int, ...]

    @classmethod
    def of(cls, first: bytes, second: bytes) -> Self:
        """From registers 0x88 to 0xA1 (26 bytes) and 0xE1 to 0xE7 (7 bytes)."""
        numbers = struct.unpack("<HhhHhhhhhhhhxB", first)
        h2, h3 = struct.unpack("<hB", second[:3])
        h4 = _signed(second[3] << 4 | second[4] & 0x0F)
        h5 = _signed(second[5] << 4 | second[4] >> 4)
        h6 = struct.unpack("b", second[6:7])[0]
        return cls(numbers[:3], numbers[3:12], (numbers[12], h2, h3, h4, h5, h6))


class Bme280:
    """One sensor."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> dict[str, float]:
        """`temperature` (degrees C), `humidity` (per cent) and `pressure` (hPa).

        Raises SensorError.
        """
        settings = self._settings
        with i2c.opened(settings.bus, settings.address, "BME280") as bus:
            return measure(bus, settings.address)


def measure(bus: "SMBus", address: int) -> dict[str, float]:
    """One measurement. Raises OSError and SensorError."""
    chip = bus.read_byte_data(address, CHIP_ID)
    if chip != CHIP:
        raise SensorError(f"What answers at 0x{address:02x} is no BME280 (chip 0x{chip:02x}).")
    calibration = Calibration.of(
        bytes(bus.read_i2c_block_data(address, CALIBRATION_1, 26)),
        bytes(bus.read_i2c_block_data(address, CALIBRATION_2, 7)),
    )
    bus.write_byte_data(address, CONTROL_HUMIDITY, 1)  # counts from the next write to CONTROL on
    bus.write_byte_data(address, CONTROL, ONCE)
    time.sleep(LONGEST)
    for _ in range(20):
        if not bus.read_byte_data(address, STATUS) & MEASURING:
            return compensate(bytes(bus.read_i2c_block_data(address, DATA, 8)), calibration)
        time.sleep(0.005)
    raise SensorError("The BME280 does not end its measurement: switch it off and on.")


def compensate(data: bytes, calibration: Calibration) -> dict[str, float]:
    """The eight bytes from register 0xF7 on, as physical values."""
    raw_pressure = data[0] << 12 | data[1] << 4 | data[2] >> 4
    raw_temperature = data[3] << 12 | data[4] << 4 | data[5] >> 4
    raw_humidity = data[6] << 8 | data[7]
    fine = fine_temperature(raw_temperature, calibration.t)
    return {
        "temperature": fine / 5120,
        "humidity": humidity(raw_humidity, fine, calibration.h),
        "pressure": pressure(raw_pressure, fine, calibration.p) / 100,
    }


def fine_temperature(raw: int, t: tuple[int, ...]) -> float:
    """The sheet's t_fine: 5120ths of a degree C."""
    t1, t2, t3 = t
    first = (raw / 16384 - t1 / 1024) * t2
    return first + (raw / 131072 - t1 / 8192) ** 2 * t3


def pressure(raw: int, fine: float, p: tuple[int, ...]) -> float:
    """Pascal."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = p
    first = fine / 2 - 64000
    second = first * first * p6 / 32768 + first * p5 * 2
    second = second / 4 + p4 * 65536
    first = (p3 * first * first / 524288 + p2 * first) / 524288
    first = (1 + first / 32768) * p1
    if first == 0:
        raise SensorError("The BME280's calibration is empty: it is broken or badly wired.")
    value = (1048576 - raw - second / 4096) * 6250 / first
    return value + (p9 * value * value / 2147483648 + value * p8 / 32768 + p7) / 16


def humidity(raw: int, fine: float, h: tuple[int, ...]) -> float:
    """Per cent of relative humidity."""
    h1, h2, h3, h4, h5, h6 = h
    base = fine - 76800
    value = (raw - (h4 * 64 + h5 / 16384 * base)) * (
        h2 / 65536 * (1 + h6 / 67108864 * base * (1 + h3 / 67108864 * base))
    )
    return min(100.0, max(0.0, value * (1 - h1 * value / 524288)))


def _signed(value: int) -> int:
    """A number of twelve bits with a sign."""
    return value - 4096 if value & 0x800 else value
