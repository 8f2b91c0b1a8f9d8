"""What counts, where, and what is told of it when it flickers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lookout.contract.topics import Topics
from lookout.contract.watched import Watched
from lookout.homeassistant.zone_entities import zones_of_node
from lookout.host.settings import SettingsError, load
from lookout.vision.objects.thing import Thing
from services.analytics.settings import AnalyticsSettings
from services.analytics.telling import changes
from services.analytics.zones import counted, holds, steady, that_count

PATH = ((0.0, 50.0), (60.0, 50.0), (60.0, 100.0), (0.0, 100.0))  # left, lower part


def rules(**told: Any) -> Watched:
    return Watched.model_validate(told)


def thing(
    label: str, foot: tuple[float, float], *, height: float = 20, score: float = 0.9
) -> Thing:
    x, y = foot
    return Thing(label, score, (x - 5, y - height, 10, height))


def test_things_are_counted_where_they_stand_not_where_their_heads_are() -> None:
    things = [
        thing("person", (30, 60)),
        thing("person", (30, 100)),  # cut off by the lower edge
        thing("person", (30, 49)),
        thing("person", (61, 60)),
        thing("dog", (30, 60)),
        thing("car", (30, 60)),
    ]
    found = counted(
        things,
        rules(
            zones={
                "path": {"points": PATH, "labels": ["person", "dog"]},
                "sky": {"points": PATH[:3]},
            }
        ),
    )
    assert found[""] == {"person": 4, "dog": 1, "car": 1}
    assert found["path"] == {"person": 2, "dog": 1}


def test_a_zone_with_nobody_in_it_is_not_named() -> None:
    assert counted([thing("dog", (30, 60))], rules(zones={"path": {"points": PATH}})) == {
        "": {"dog": 1}
    }


def test_what_is_unsure_small_or_where_nothing_counts_does_not() -> None:
    sure, unsure = thing("person", (80, 80)), thing("person", (80, 80), score=0.4)
    small, dog = thing("person", (80, 80), height=4), thing("dog", (80, 80), score=0.4)
    outside = thing("person", (30, 80))
    kept = that_count(
        [sure, unsure, small, dog, outside],
        rules(least={"person": {"score": 0.5, "size": 1}}, ignore=[PATH]),
    )
    assert kept == [sure, dog]


@given(st.floats(0, 100), st.floats(0, 100))
def test_each_point_is_in_just_one_of_zones_that_fill_the_picture(x: float, y: float) -> None:
    quarters = [
        ((a, b), (a + 50.0, b), (a + 50.0, b + 50.0), (a, b + 50.0))
        for a in (0.0, 50.0)
        for b in (0.0, 50.0)
    ]
    assert sum(holds(quarter, (x, y)) for quarter in quarters) == 1


def test_a_zone_may_have_a_bay() -> None:
    horseshoe = (
        (0.0, 0.0),
        (90.0, 0.0),
        (90.0, 90.0),
        (60.0, 90.0),
        (60.0, 30.0),
        (30.0, 30.0),
        (30.0, 90.0),
        (0.0, 90.0),
    )
    assert holds(horseshoe, (10, 80))
    assert holds(horseshoe, (80, 80))
    assert not holds(horseshoe, (45, 80))


def test_what_flickers_is_told_when_as_many_pictures_show_it_as_were_asked_for() -> None:
    one, two, none = {"gate": {"person": 1}}, {"gate": {"person": 2}}, dict[str, dict[str, int]]()
    assert steady([two, none, one], 2) == one
    assert steady([two, none, none], 2) == {}
    assert steady([two, two, none], 2) == two
    assert steady([one], 2) == {}, "one picture is not two"
    assert steady([one], 1) == one


def test_each_change_makes_its_event() -> None:
    before = {"": {"person": 1, "car": 1}, "gate": {"person": 1}}
    now = {"": {"person": 2, "car": 2, "dog": 3}, "path": {"person": 2}}
    assert list(changes(before, before)) == []
    assert list(changes(before, now)) == [
        ("object_detected", {"label": "dog", "count": 3}),
        ("people_changed", {"people": 2, "before": 1}),
        ("zone_changed", {"zone": "gate", "label": "person", "count": 0, "before": 1}),
        ("zone_changed", {"zone": "path", "label": "person", "count": 2, "before": 0}),
    ]
    first = [name for name, _ in changes({}, {"": {"person": 2}})]
    assert first == ["person_detected", "people_changed"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"zones": {"gate": {"points": PATH[:2]}}}, "at least 3"),
        ({"zones": {"gate": {"points": [(0, 0), (10, 10), (20, 20)]}}}, "on one line"),
        (
            {"zones": {"gate": {"points": [(0, 0), (10, 10), (120, 20)]}}},
            "less than or equal to 100",
        ),
        ({"zones": {"The gate": {"points": PATH}}}, "starting with a letter"),
        ({"steady": {"seen": 3, "of": 2}}, "at most `of`"),
        ({"zone": {}}, "zone"),
    ],
)
def test_rules_that_cannot_be_are_refused_in_plain_words(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        rules(**told)


def test_rules_come_from_the_environment_and_name_their_node(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zones = {"gate": {"points": PATH}}
    monkeypatch.setenv("LOOKOUT_ANALYTICS__NODES", json.dumps({"garden": {"zones": zones}}))
    analytics = load(AnalyticsSettings).analytics
    assert analytics.nodes["garden"].zones["gate"].points == PATH
    monkeypatch.setenv("LOOKOUT_ANALYTICS__NODES", json.dumps({"all": {"zones": zones}}))
    with pytest.raises(SettingsError, match="'all' is reserved"):
        load(AnalyticsSettings)


def test_a_zone_is_an_occupancy_and_a_count_of_the_nodes_own_device() -> None:
    message = json.loads(
        zones_of_node(
            Topics(),
            "gate",
            {"path": ("person", "dining table")},
            status="lookout/hub/analytics/status",
        )
    )
    assert message["device"] == {"identifiers": ["lookout_gate"]}
    found = message["components"]
    assert {key: each["name"] for key, each in found.items()} == {
        "zone_path": "Path person",
        "zone_path_count": "Path person count",
        "zone_path_1": "Path dining table",
        "zone_path_1_count": "Path dining table count",
    }
    assert {each["state_topic"] for each in found.values()} == {"lookout/gate/detection"}
    assert found["zone_path"]["device_class"] == "occupancy"
    assert len({each["unique_id"] for each in found.values()}) == 4
