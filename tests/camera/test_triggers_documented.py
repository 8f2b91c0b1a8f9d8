"""The page on triggers, detectors, sensors and lights tells each setting and each event."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from lookout.vision.limits import Region
from services.camera.settings import CameraSettings
from services.camera.settings.detect import Detect
from services.camera.settings.lights import Light
from services.camera.settings.sensors import Sensors
from services.camera.settings.triggers import Trigger, Triggers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "node" / "triggers.md").read_text()
SECTIONS: dict[str, type[BaseModel]] = {
    "triggers": Triggers,
    "detect": Detect,
    "sensors": Sensors,
    "lights": Light,
}
SHARED = set(Trigger.model_fields) | set(Region.model_fields)  # told once for all that have them
NAMES_IN_TABLES = re.compile(r"^\| `([a-z0-9_.]+)` \|", re.MULTILINE)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The settings classes that a field's type speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def settings_of(model: type[BaseModel], path: str) -> Iterator[str]:
    """Every setting below a section, as the page names it."""
    for name, field in model.model_fields.items():
        inner = list(models_in(field.annotation))
        if Region not in inner:
            for each in inner:
                yield from settings_of(each, f"{path}.{name}")
        if not inner or getattr(field.annotation, "__origin__", None) is tuple:
            yield f"{path}.{name}"


ALL = sorted({each for name, model in SECTIONS.items() for each in settings_of(model, name)})


def test_there_are_settings_to_look_at() -> None:
    assert set(SECTIONS) <= set(CameraSettings.model_fields)
    assert {"detect.motion.min_area", "sensors.devices.bus", "lights.until"} <= set(ALL)
    assert "triggers.gpio.debounce" in ALL


@pytest.mark.parametrize("setting", ALL)
def test_each_setting_is_documented(setting: str) -> None:
    documented = set(NAMES_IN_TABLES.findall(PAGE))
    last = setting.rpartition(".")[2]
    assert setting in documented or (last in SHARED and f"`{last}`" in PAGE), setting


def test_the_example_is_a_node_that_could_run() -> None:
    example = yaml.safe_load(PAGE.partition("```yaml\n")[2].partition("```")[0])
    settings = CameraSettings(**example)
    assert settings.detect.motion.pictures.before == 2
    assert [device.label for device in settings.sensors.devices] == ["water"]


def test_each_event_that_is_fired_is_documented() -> None:
    folders = ("triggers", "detectors", "sensors", "lights")
    code = "".join(
        path.read_text()
        for folder in folders
        for path in (ROOT / "services" / "camera" / folder).glob("*.py")
    )
    fired = set(re.findall(r'fire\(\s*"([a-z_]+)"', code))
    assert fired
    assert [name for name in fired if f"`{name}`" not in PAGE.partition("## Events")[2]] == []
