"""A node loads what its settings ask for and nothing else: a Pi has little memory."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.services import clean_environment

HEAVY = "aiohttp", "av", "gpiozero", "jinja2", "lgpio", "numpy", "picamera2", "redis", "smbus2"
LOAD = """
import json, sys
import services.camera.__main__
from services.camera.settings import CameraSettings
from services.camera.sources import make_source
settings = CameraSettings(node="garden", **json.loads(sys.argv[1]))
make_source(settings.camera)
print(*sorted(set(sys.argv[2:]) & set(sys.modules)))
"""


def loaded(settings: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOAD, settings, *HEAVY],
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
        cwd=Path(__file__).parents[2],
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ('{"camera": {"source": "picamera2"}}', set()),
        ('{"camera": {"source": "folder", "path": "x"}}', set()),
        ('{"camera": {"source": "synthetic"}}', set()),
        ('{"camera": {"source": "snapshot", "url": "http://x"}}', {"aiohttp"}),
        ('{"camera": {"source": "rtsp", "url": "rtsp://x"}}', {"av"}),
        ('{"camera": {"source": "v4l2", "path": "x"}}', {"av"}),
    ],
)
def test_only_what_is_configured_is_imported(settings: str, needed: set[Any]) -> None:
    assert loaded(settings) == needed
