"""How the computer is: load, memory, disk, throttling, Wi-Fi level, uptime."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

_THROTTLED: Final = Path("devices/platform/soc/soc:firmware/get_throttled")  # below /sys


class Vitals:
    """Reads what the kernel tells; what it does not tell is left out. `disk` is any folder."""

    def __init__(
        self, disk: Path, *, proc: Path = Path("/proc"), sysfs: Path = Path("/sys")
    ) -> None:
        self._disk = disk
        self._proc = proc
        self._sysfs = sysfs

    def read(self) -> dict[str, float]:
        """Each vital that this computer tells."""
        readers: dict[str, Callable[[], float | None]] = {
            "load": lambda: os.getloadavg()[0],
            "memory_used": self._memory_used,
            "disk_used": self._disk_used,
            "throttled": self._throttled,
            "wifi_signal": self._wifi_signal,
            "uptime": lambda: float((self._proc / "uptime").read_text().split()[0]),
        }
        found = {}
        for name, reader in readers.items():
            try:
                value = reader()
            except (OSError, ValueError, LookupError, subprocess.SubprocessError):
                continue
            if value is not None:
                found[name] = value
        return found

    def _memory_used(self) -> float:
        """Per cent of the memory that programs could not have."""
        lines = (self._proc / "meminfo").read_text().splitlines()
        kibibytes = {
            name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)
        }
        return 100.0 * (1 - kibibytes["MemAvailable"] / kibibytes["MemTotal"])

    def _disk_used(self) -> float:
        """Per cent of the disk that holds the spool."""
        existing = next(path for path in (self._disk, *self._disk.parents) if path.exists())
        usage = shutil.disk_usage(existing)
        return 100.0 * (1 - usage.free / usage.total)

    def _throttled(self) -> float | None:
        """The firmware's bits: 1 too little voltage, 2 slowed, 4 throttled, 8 too warm now; the
        same times 65536 for ever since the start (raspberrypi.com, vcgencmd get_throttled)."""
        path = self._sysfs / _THROTTLED
        if path.exists():
            return int(path.read_text(), 16)
        program = shutil.which("vcgencmd")
        if program is None:
            return None
        answer = subprocess.run(  # noqa: S603
            [program, "get_throttled"], capture_output=True, text=True, timeout=5, check=True
        )
        return int(answer.stdout.partition("=")[2], 16)

    def _wifi_signal(self) -> float | None:
        """The level of the first wireless interface, dBm; none where there is no Wi-Fi."""
        lines = (self._proc / "net" / "wireless").read_text().splitlines()[2:]
        return float(lines[0].split()[3].rstrip(".")) if lines else None
