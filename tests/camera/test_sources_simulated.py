"""The picamera2 source on the real library, with a simulated sensor behind it.

LOOKOUT_TEST_PICAMSIM is a command that starts Python with picamera2 and simulated cameras
(PICAMSIM_CAMERAS, PICAMSIM_SCENE): for example "picamsim-run venv/bin/python".
"""

import asyncio
import os
import shlex
from pathlib import Path

import pytest

from tests.camera.control_behaviour import ANY_CAMERA
from tests.camera.picamera2_behaviour import BEHAVIOURS

COMMAND = os.environ.get("LOOKOUT_TEST_PICAMSIM", "")
ROOT = Path(__file__).parents[2]


SENSORS = ("imx219", "imx477", "imx500", "imx708", "ov5647")

needs_simulation = pytest.mark.skipif(
    not COMMAND, reason="LOOKOUT_TEST_PICAMSIM names no simulated Pi camera"
)


@needs_simulation
@pytest.mark.parametrize("name", BEHAVIOURS)
async def test_the_real_library(name: str, tmp_path: Path) -> None:
    await run(name, BEHAVIOURS[name][0], "pisp", tmp_path)


@needs_simulation
@pytest.mark.parametrize("platform", ["pisp", "vc4"])
@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize("name", ANY_CAMERA)
async def test_every_camera(name: str, sensor: str, platform: str, tmp_path: Path) -> None:
    await run(name, sensor, platform, tmp_path)


async def run(name: str, camera: str, platform: str, folder: Path) -> None:
    """One behaviour in a process of its own, as a library that hangs would hang the tests."""
    process = await asyncio.create_subprocess_exec(
        *shlex.split(COMMAND),
        "-m",
        "tests.camera.picamera2_behaviour",
        name,
        cwd=ROOT,
        env={
            **os.environ,
            "PICAMSIM_CAMERAS": camera,
            "PICAMSIM_PLATFORM": platform,
            "PICAMSIM_SCENE": str(folder / "scene"),
            "PICAMSIM_SYSROOT": str(folder / "sysroot"),
            "LIBCAMERA_LOG_LEVELS": "*:FATAL",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(90):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
