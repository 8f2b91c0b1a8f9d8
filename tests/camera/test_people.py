"""A camera that counts people tells how many, and when that changes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lookout.host.settings import Broker
from services.camera.sources import Picture
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node

Settings = Callable[[str], Broker]
BOX = [10.0, 20.0, 5.0, 30.0]


@dataclass
class CountingSource(RecordingSource):
    """Sees as many people as it is told to."""

    counts: list[int] = field(default_factory=list)

    async def capture(self, quality: int) -> Picture:
        picture = await super().capture(quality)
        people = self.counts.pop(0)
        meta: dict[str, Any] = {"people": people, "boxes": [BOX] * people}
        return replace(picture, meta=meta)


async def test_the_newest_count_is_retained_and_each_change_is_an_event_of_its_picture(
    hub: Hub, mqtt_settings: Settings, data: Path
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0})
    counted = hub.session.subscribe("lookout/garden/detection")
    async with running_node(settings, CountingSource(counts=[0, 2, 2, 1, 0, 1])):
        await hub.first("info")
        images = (await hub.call("capture", count=6)).data["images"]
        await hub.until_fired("people_changed", 4)
        told = [json.loads((await anext(counted)).payload) for _ in range(6)]
    assert [each["people"] for each in told] == [0, 2, 2, 1, 0, 1]
    assert [each["image_id"] for each in told] == images
    assert told[1]["boxes"] == [BOX, BOX]
    changes = [(each.data["before"], each.data["people"]) for each in hub.fired("people_changed")]
    assert changes == [(0, 2), (2, 1), (1, 0), (0, 1)]
    first, second = hub.fired("person_detected")
    assert (first.data["image_id"], second.data["image_id"]) == (images[1], images[5])
    of_picture = {event.data["id"]: event.context.id for event in hub.fired("image_captured")}
    assert first.context.parent_id == of_picture[images[1]]
    assert json.loads((await hub.first("detection")).payload) == told[-1]


async def test_a_camera_that_counts_nobody_says_nothing_of_people(
    hub: Hub, mqtt_settings: Settings, data: Path
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0})
    counted = hub.session.subscribe("lookout/garden/detection")
    async with running_node(settings, RecordingSource()):
        await hub.first("info")
        await hub.call("capture", count=2)
    assert len(counted) == 0
