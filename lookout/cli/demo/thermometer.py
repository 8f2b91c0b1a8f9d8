"""A thermometer that is not there: the file in which the kernel would show a DS18B20."""

import asyncio
import math
import time
from pathlib import Path
from typing import Final

NUMBER: Final = "28-0000000000d1"
PAUSE_SECONDS: Final = 5.0
_MEAN, _SWING, _WOBBLE = 17.0, 6.0, 0.4  # degrees C: of the day, over the day, of the minute
_DAY, _MINUTE, _COLDEST = 86_400.0, 60.0, 5 * 3600.0  # seconds


def degrees(now: float) -> float:
    """A greenhouse at a Unix time: warmest in the afternoon, and never quite the same."""
    day = -math.cos((now - _COLDEST) / _DAY * math.tau)
    return _MEAN + _SWING * day + _WOBBLE * math.sin(now / _MINUTE * math.tau)


async def warm(bus: Path) -> None:
    """Show it in the folder of the 1-wire bus until cancelled. Raises OSError."""
    file = bus / NUMBER / "w1_slave"
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        write(file, degrees(time.time()))
        await asyncio.sleep(PAUSE_SECONDS)


def write(file: Path, value: float) -> None:
    """The two lines of the kernel's driver, in one piece."""
    head = "50 05 4b 46 7f ff 0c 10 1c"
    temporary = file.with_suffix(".new")
    temporary.write_text(f"{head} : crc=1c YES\n{head} t={round(value * 1000)}\n")
    temporary.replace(file)
