"""The I2C bus, opened for one measurement and closed again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services.camera.sensors.sensor import SensorError

if TYPE_CHECKING:
    from smbus2 import SMBus


@contextmanager
def opened(number: int, address: int, name: str) -> "Iterator[SMBus]":
    """The bus, for the sensor `name` at an address. Raises SensorError, also for what fails
    while it is open."""
    try:
        from smbus2 import SMBus
    except ImportError:
        raise SensorError(
            f"The {name} needs a library: `pip install 'lookout-hub[gpio]'`."
        ) from None
    try:
        with SMBus(number) as bus:
            yield bus
    except FileNotFoundError:
        raise SensorError(
            f"There is no I2C bus {number}: switch it on with `sudo raspi-config nonint "
            "do_i2c 0` and restart the Pi."
        ) from None
    except OSError as error:
        raise SensorError(
            f"The {name} does not answer at 0x{address:02x} of I2C bus {number} "
            f"({error.strerror or error}): check its wires, and the address with "
            f"`i2cdetect -y {number}`."
        ) from None
