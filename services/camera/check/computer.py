"""Is the clock right, and has the spool a folder that it can write, with room?"""

import ctypes
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from services.camera.check.finding import Finding
from services.camera.settings import CameraSettings

BUILT: Final = 1_735_689_600  # 2025: a clock before that was never set
TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES: Final = 256  # struct timex is smaller than that everywhere


def check_clock(now: float | None = None) -> Finding:
    """Whether pictures will carry the right time."""
    moment = time.time() if now is None else now
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
    if moment < BUILT:
        return Finding("clock", "problem", shown, "Set it: `sudo timedatectl set-ntp true`.")
    if _unsynchronised():
        return Finding(
            "clock", "warning", f"{shown}, not synchronised", "Run `timedatectl timesync-status`."
        )
    return Finding("clock", "ok", shown)


def _unsynchronised() -> bool:
    """What the kernel says; False where it says nothing."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        answer: int = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return answer == TIME_ERROR


def check_spool(settings: CameraSettings) -> Finding:
    """Whether captures can wait on disk, as many as spool.max_bytes says."""
    folder = settings.spool_path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"lookout")
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "spool",
            "problem",
            f"{folder} cannot be written: {error.strerror}",
            "Give the node's user the folder, or set spool.path or data to another one.",
        )
    most, room = settings.spool.max_bytes, f"{folder}, {free / 1e9:.1f} GB free"
    if free < most - _used(folder):
        return Finding(
            "spool",
            "warning",
            f"{room}, less than spool.max_bytes = {most:,}",
            "Set a smaller spool.max_bytes, or make room.",
        )
    return Finding("spool", "ok", room)


def _used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.capture"))
