"""The picamera2 source on the real library, with a simulated sensor behind it.

LOOKOUT_TEST_PICAMSIM is a command that starts Python with picamera2 and simulated cameras
(PICAMSIM_CAMERAS, PICAMSIM_SCENE): for example "picamsim-run venv/bin/python".
"""

import asyncio
import os
import shlex
from pathlib import Path

import pytest

from tests.camera.picamera2_behaviour import BEHAVIOURS

COMMAND = os.environ.get("LOOKOUT_TEST_PICAMSIM", "")
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not COMMAND, reason="LOOKOUT_TEST_PICAMSIM names no simulated Pi camera")
@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_the_real_library(name: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *shlex.split(COMMAND),
        "-m",
        "tests.camera.picamera2_behaviour",
        name,
        cwd=ROOT,
        env={
            **os.environ,
            "PICAMSIM_CAMERAS": BEHAVIOURS[name][0],
            "PICAMSIM_SCENE": str(tmp_path / "scene"),
            "PICAMSIM_SYSROOT": str(tmp_path / "sysroot"),
            "LIBCAMERA_LOG_LEVELS": "*:FATAL",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
