"""What lies ready for owners fits: blueprints use their inputs, the dashboard what there is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lookout.contract.topics import Topics
from lookout.homeassistant.abilities import Abilities
from lookout.homeassistant.hub_entities import hub_components
from lookout.homeassistant.node_entities import NodeEntities
from tests.homeassistant.abilities import SERVICES

ROOT = Path(__file__).parents[2]
BLUEPRINTS = sorted((ROOT / "deploy/homeassistant/blueprints/automation/lookout").glob("*.yaml"))
DASHBOARD = ROOT / "deploy/homeassistant/dashboard.yaml"
PAGE = ROOT / "docs" / "home-assistant.md"
EVERYTHING = Abilities(
    services=frozenset(SERVICES),
    metrics=frozenset({"lux", "temperature"}),
    motion=True,
    light=True,
    exposure_value=True,
    presets=("standard",),
    sizes=("640x480",),
    people=True,
)


class Loader(yaml.SafeLoader):
    """YAML with Home Assistant's `!input NAME`."""


class Input(str):
    """The name of an input."""

    __slots__ = ()


Loader.add_constructor(
    "!input",
    lambda loader, node: Input(loader.construct_scalar(node)),  # type: ignore[arg-type]
)


def inputs(tree: Any) -> set[str]:
    """Each input that is used somewhere in a tree."""
    if isinstance(tree, Input):
        return {str(tree)}
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return set().union(*(inputs(part) for part in parts))


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_a_blueprint_uses_each_of_its_inputs(path: Path) -> None:
    tree = yaml.load(path.read_text(), Loader)  # noqa: S506
    head = tree.pop("blueprint")
    assert head["domain"] == "automation"
    assert inputs(tree) == set(head["input"])
    assert {"triggers", "actions"} <= tree.keys()


def ids(name: str, components: dict[str, Any]) -> set[str]:
    """The entity ids that Home Assistant makes of the names, on first sight."""
    named = ((each["platform"], f"{name} {each['name']}".lower()) for each in components.values())
    return {f"{platform}.{re.sub('[^a-z0-9]+', '_', words)}" for platform, words in named}


def entities(tree: Any) -> set[str]:
    """Each entity that a dashboard shows."""
    if isinstance(tree, str):
        return {tree} if re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", tree) else set()
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return set().union(*(entities(part) for part in parts))


def test_the_dashboard_shows_only_entities_that_there_are() -> None:
    shown = entities(yaml.safe_load(DASHBOARD.read_text()))
    node = NodeEntities(Topics(), "garden").components(EVERYTHING)
    hub = hub_components(Topics(), ["events", "ingest"])
    assert len(shown) > 15
    assert shown - ids("garden", node) - ids("Lookout hub", hub) == set()


def test_the_page_names_each_blueprint() -> None:
    assert BLUEPRINTS
    assert [path.name for path in BLUEPRINTS if path.name not in PAGE.read_text()] == []


def test_the_page_names_each_entity() -> None:
    components = NodeEntities(Topics(), "garden").components(EVERYTHING)
    components |= hub_components(Topics(), ["events"])
    names = {str(each["name"]) for each in components.values()} - {"Events service"}
    assert {name for name in names if name not in PAGE.read_text()} == set()
