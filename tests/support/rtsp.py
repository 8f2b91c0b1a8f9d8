"""A real RTSP camera for a test, where GStreamer is installed."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"


@asynccontextmanager
async def rtsp_camera(port: int, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """One at /garden, ended at once as by a power cut."""
    command = [SYSTEM_PYTHON, str(SERVER), str(port), *options]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"serving\n"
        yield process
    finally:
        process.kill()
        await process.wait()


@cache
def has_gstreamer() -> bool:
    command = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


needs_gstreamer = pytest.mark.skipif(
    not has_gstreamer(),
    reason="needs gir1.2-gst-rtsp-server-1.0, python3-gi and its good, bad and ugly plugins",
)
