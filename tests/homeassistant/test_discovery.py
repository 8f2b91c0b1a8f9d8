"""A node's discovery message: whatever the node has, Home Assistant takes it."""

import json
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings

from lookout.contract.metrics import metric
from lookout.contract.topics import Topics
from lookout.homeassistant.abilities import Abilities
from lookout.homeassistant.discovery import described, name_of_device
from lookout.homeassistant.node_entities import NodeEntities
from tests.homeassistant.abilities import SERVICES, abilities, message, nodes
from tests.homeassistant.schema import problems

ALL = Abilities(
    services=frozenset(SERVICES),
    metrics=frozenset({"lux", "temperature", "water_temperature", "cpu_temperature", "co2"}),
    motion=True,
    regions=("porch",),
    light=True,
    lamps=("lamp",),
    exposure_value=True,
    presets=("standard", "night"),
    sizes=("640x480", "1280x960"),
    people=True,
)


def components(able: Abilities, node: str = "garden") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(message(node, able))["components"]
    return found


@given(node=nodes, able=abilities)
@settings(deadline=None)
def test_home_assistant_takes_the_message_of_any_node(node: str, able: Abilities) -> None:
    assert problems(message(node, able)) == []


@given(node=nodes, able=abilities)
@settings(deadline=None)
def test_a_message_says_the_same_each_time(node: str, able: Abilities) -> None:
    assert message(node, able) == message(node, able)


def test_the_schema_of_the_tests_refuses_what_home_assistant_refuses() -> None:
    sound = json.loads(message("garden", ALL))
    wrong: list[tuple[str, Any]] = [
        ("unit_of_measurement", "lux"),
        ("entity_category", "config"),
        ("typo", 1),
        ("state_topic", "lookout/#"),
    ]
    for key, value in wrong:
        lux = {**sound["components"]["metric_lux"], key: value}
        bad = {**sound, "components": {"metric_lux": lux}}
        assert len(problems(json.dumps(bad).encode())) == 1
    assert problems(json.dumps({**sound, "expire_after": 3}).encode()) == ["root: expire_after"]


def test_a_node_has_only_what_it_can_do() -> None:
    bare = components(Abilities(services=frozenset({"capture"})))
    assert set(bare) == {
        *("picture", "camera", "event", "connected", "picture_too_old", "camera_problem"),
        *("last_capture", "picture_size", "spool_depth", "spool_dropped", "capture", "burst"),
        *("software", "settings_pending"),
    }
    more = set(components(ALL)) - set(bare)
    assert more >= {"motion", "motion_in_porch", "motion_detection", "lamp_lamp", "live"}
    assert more >= {"interval", "quality", "exposure_value", "metric_lux", "restart", "autofocus"}
    assert more >= {"preset", "resolution", "enabled", "people"}


def test_unique_ids_stay_as_they_were_first_announced() -> None:
    assert {each["unique_id"] for each in components(ALL).values()} == {
        "lookout_garden_" + component
        for component in (
            *("autofocus", "burst", "camera", "camera_problem", "capture", "connected", "event"),
            *(
                "exposure_value",
                "identify",
                "interval",
                "lamp_lamp",
                "last_capture",
                "light",
                "live",
            ),
            *("metric_co2", "metric_cpu_temperature", "metric_lux", "metric_temperature"),
            *("metric_water_temperature", "motion", "motion_detection", "motion_in_porch"),
            *("picture", "picture_too_old", "quality", "restart", "spool_depth", "spool_dropped"),
            *("enabled", "people", "picture_size", "preset", "resolution", "software"),
            "settings_pending",
        )
    }


def test_a_renamed_node_keeps_its_ids_and_speaks_on_its_new_topics() -> None:
    found = NodeEntities(Topics(), "yard").components(ALL)
    payload = described("yard", found, status="lookout/yard/status", about={}, known_as="garden")
    tree = json.loads(payload)
    assert tree["device"]["identifiers"] == ["lookout_garden"]
    assert tree["device"]["name"] == "Yard"
    ids = {each["unique_id"] for each in tree["components"].values()}
    assert ids == {each["unique_id"] for each in components(ALL).values()}
    assert tree["components"]["capture"]["command_topic"] == "lookout/yard/command/capture"
    assert name_of_device(payload) == "garden"


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"device": {"identifiers": 5}}'])
def test_what_announces_no_device_names_none(payload: bytes) -> None:
    assert name_of_device(payload) is None


def test_only_the_connection_is_there_while_the_node_is_away() -> None:
    tree = json.loads(message("garden", ALL))
    assert tree["availability"] == [{"topic": "lookout/garden/status"}]
    own = {name for name, each in tree["components"].items() if "availability" in each}
    assert own == {"connected"}


def rendered(template: str, message: dict[str, Any]) -> str:
    return NativeJinja().from_string(template).render(value_json=message).strip()


class NativeJinja(jinja2.Environment):
    """As much of Home Assistant's templates as these use."""

    def __init__(self) -> None:
        super().__init__(autoescape=False, undefined=jinja2.StrictUndefined)
        self.filters["tojson"] = json.dumps


@pytest.mark.parametrize(
    ("component", "message", "state"),
    [
        ("preset", {"preset": "night"}, "night"),
        ("preset", {"preset": "of another node"}, "None"),
        ("preset", {}, "None"),
        ("resolution", {"size": [1280, 960]}, "1280x960"),
        ("resolution", {"size": [1, 2]}, "None"),
        ("resolution", {"size": None}, "None"),
        ("picture_size", {"picture_bytes": 77_912}, "77.9"),
        ("picture_size", {}, "None"),
        ("enabled", {"enabled": False}, "OFF"),
    ],
)
def test_a_state_is_one_of_those_that_there_are_or_unknown(
    component: str, message: dict[str, Any], state: str
) -> None:
    assert rendered(components(ALL)[component]["value_template"], message) == state


@pytest.mark.parametrize("data", [None, [], "x", {"i": 1}])
def test_an_event_is_an_object_whatever_its_data_is(data: Any) -> None:
    message = {"event_type": "motion_started", "data": data, "context": None}
    told = json.loads(rendered(components(ALL)["event"]["value_template"], message))
    assert told["event_type"] == "motion_started"
    assert told.get("i") == (1 if isinstance(data, dict) else None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lux", ("Illuminance", "lx", "illuminance")),
        ("water_temperature", ("Water temperature", "°C", "temperature")),
        ("water_temperature_f", ("Water temperature f", "°F", "temperature")),
        ("co2", ("Co2", None, None)),
    ],
)
def test_a_metric_has_the_unit_and_class_of_its_quantity(name: str, said: tuple[Any, ...]) -> None:
    known = metric(name)
    assert (known.name, known.unit, known.device_class) == said


def test_what_a_node_has_no_more_is_named_by_its_platform_alone() -> None:
    answer = json.loads(
        described("garden", {}, status="x", about={}, gone={"metric_lux": "sensor"})
    )
    assert answer["components"] == {"metric_lux": {"platform": "sensor"}}
