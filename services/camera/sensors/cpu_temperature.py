"""How warm the processor is."""

from pathlib import Path

PATH = Path("/sys/class/thermal/thermal_zone0/temp")  # millidegrees C


class CpuTemperature:
    """The kernel's first thermal zone: the processor on every Pi."""

    def __init__(self, path: Path = PATH) -> None:
        self._path = path

    def read(self) -> dict[str, float]:
        """`cpu_temperature` in degrees C; nothing where the kernel does not tell."""
        try:
            return {"cpu_temperature": int(self._path.read_text()) / 1000}
        except (OSError, ValueError):
            return {}
