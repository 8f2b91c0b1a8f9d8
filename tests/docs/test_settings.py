"""Every setting of a node is documented and used, and the docs name none that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lookout.host.settings import load
from services.camera.settings import CameraSettings
from services.camera.settings.several import choose
from tests.support.settings_table import EXAMPLE, PAGE, Setting, example, settings

ROOT = Path(__file__).parents[2]
PAGES = [PAGE, *sorted((ROOT / "docs" / "node").glob("*.md"))]
ADVICE = "run `python -m tests.support.settings_table`, which writes it"

ALL = list(settings())
NAMES = {setting.name for setting in ALL}
SECTIONS = {name.partition(".")[0].removesuffix("[]") for name in NAMES if "." in name}


def test_the_table_has_every_setting_as_it_is() -> None:
    rows = PAGE.read_text().splitlines()
    missing = [setting.row for setting in ALL if setting.row not in rows]
    assert not missing, f"{PAGE.name}: {ADVICE}"


def test_the_table_has_no_setting_that_is_not_there() -> None:
    table = PAGE.read_text().partition("## Every setting")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)) == NAMES, ADVICE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_setting_that_is_not_there(page: Path) -> None:
    sections = "|".join(sorted(SECTIONS))
    named = set(re.findall(rf"`((?:{sections})(?:\[\])?\.[a-z0-9_.\[\]]+)`", page.read_text()))
    files = {name for name in named if name.endswith((".py", ".md", ".yaml"))}
    names = {name.replace("[]", "") for name in NAMES}  # a page may leave the brackets out
    known = names | {name[: dot.start()] for name in names for dot in re.finditer(r"\.", name)}
    assert not {name.replace("[]", "") for name in named - files} - known


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.name)
def test_a_setting_is_used(setting: Setting) -> None:
    name = setting.name.rpartition(".")[2]
    attribute = re.compile(rf"\.{name}\b|[\"']{name}[\"']")
    own = re.compile(rf"\bself\.{name}\b")  # a property made of several, such as `place`
    used = ((own if "settings" in path.parts else attribute).search(text) for path, text in code())
    assert any(used), f"{setting.name} does nothing"


def code() -> Iterator[tuple[Path, str]]:
    """The node and the library, with what declares the settings."""
    for folder in ("services/camera", "lookout"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text()


def test_the_example_shows_every_setting() -> None:
    assert example() in EXAMPLE.read_text(), f"{EXAMPLE.name}: {ADVICE}"
    lower = yaml.safe_load(re.sub(r"^# ?", "", example(), flags=re.MULTILINE))
    upper = {"node", "mqtt.url"}
    assert set(flat(lower)) | upper == NAMES


def test_the_example_is_a_node_that_could_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {})
    found = load(CameraSettings, config=EXAMPLE, choose=lambda content: choose(content, None))
    assert (found.node, found.camera.source) == ("garden", "picamera2")


def flat(tree: Any, before: str = "") -> Iterator[str]:
    """The names of a YAML tree, as in the table."""
    for key, value in tree.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and name not in NAMES:
            yield from flat(value, f"{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from flat(value[0], f"{name}[].")
        else:
            yield name
