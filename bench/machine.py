"""On what, and how much processor time it took."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from lookout.embedded.programs import find
from lookout.embedded.redis_server import find_server

TICKS = os.sysconf("SC_CLK_TCK")


def describe() -> dict[str, object]:
    """The machine and the versions that a figure is worth nothing without."""
    packages = ("paho-mqtt", "redis", "pillow", "aiohttp", "uvloop", "imagezmq")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
        "mosquitto": _first_line(find("mosquitto"), "-h"),
        "redis_server": _first_line(str(find_server()[0]), "--version"),
    }


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its finished children, in seconds (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def resident_mib(pid: int) -> float:
    """Memory of a process that is in RAM, in MiB (VmRSS of proc(5))."""
    return _status_mib(pid, "VmRSS")


def peak_mib(pid: int) -> float:
    """The most that it ever was (VmHWM)."""
    return _status_mib(pid, "VmHWM")


def _status_mib(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _first_line(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.partition("\n")[0]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
