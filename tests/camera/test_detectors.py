"""A node that watches: events and pictures when something moves, or when it becomes dark."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookout.contract.events import Event
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import opened
from lookout.vision.frames import GreyFrame
from services.camera.capture.develop import develop_frame, left_to_do
from services.camera.settings import Camera
from services.camera.settings.detect import Detect
from services.camera.sources import Picture, SourceError, make_source
from tests.support.footage import COMES_OR_GOES, EMPTY, FILM, needs_film
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
IDLE = {"interval": 0}
EXPOSURE = 0.005  # seconds; no camera takes two pictures in one millisecond
QUICK: dict[str, Any] = {"enabled": True, "min_motion_frames": 2, "min_still_frames": 2}


@dataclass
class Room(RecordingSource):
    """A source that can be watched: something moves in it, and its light can be set."""

    moving: bool = False
    level: int = 60
    blind: str = ""  # why no frame can be had
    missing: str = ""  # the library that is not installed
    looked: int = 0

    async def capture(self, quality: int) -> Picture:
        picture = await super().capture(quality)
        await asyncio.sleep(EXPOSURE)
        return picture

    async def frame(self, width: int, height: int) -> GreyFrame:
        if self.missing:
            raise ImportError(self.missing)
        if self.blind:
            raise SourceError(self.blind)
        self.looked += 1
        frame = np.full((48, 64), self.level, np.uint8)
        if self.moving:
            x = self.looked % 4 * 12
            frame[10:40, x : x + 16] = 250
        return frame


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def watched(mqtt_settings: Settings, data: Path, room: Room) -> Any:
    """Runs the node on the room with these detectors."""

    def run(**detect: Any) -> Any:
        settings = node_settings(
            mqtt_settings("garden"), data, capture=IDLE, detect={"rate": 50, **detect}
        )
        return running_node(settings, room)

    return run


async def move(room: Room, hub: Hub, times: int = 1) -> None:
    """Something moves for a moment, `times` times in all since the test began."""
    room.moving = True
    await hub.until_fired("motion_started", times)
    room.moving = False
    await hub.until_fired("motion_ended", times)


async def test_motion_is_an_event_at_its_start_and_at_its_end(
    watched: Any, room: Room, hub: Hub
) -> None:
    async with watched(motion=QUICK):
        await eventually(lambda: room.looked > 5)
        assert hub.fired("motion_started") == []
        await move(room, hub)
    start, end = hub.fired("motion_started")[0], hub.fired("motion_ended")[0]
    assert start.data["region"] == end.data["region"] == "frame"
    assert isinstance(start.data["score"], float)
    assert start.data["score"] > 3
    assert len(start.data["box"]) == 4  # type: ignore[arg-type]
    assert end.context.parent_id == start.context.id
    assert end.data["duration"] == pytest.approx(end.timestamp - start.timestamp, abs=0.2)


async def test_each_region_has_its_own_events(watched: Any, room: Room, hub: Hub) -> None:
    regions = [{"name": "all_of_it"}, {"name": "door", "right": 60}, {"name": "sky", "bottom": 10}]
    async with watched(motion={**QUICK, "blur_kernel_size": 1, "regions": regions}):
        room.moving = True
        await hub.until_fired("motion_started", 2)
        room.moving = False
        await hub.until_fired("motion_ended", 2)
    assert {event.data["region"] for event in hub.fired("motion_started")} == {"all_of_it", "door"}


async def test_pictures_before_during_and_after_are_of_exact_number_and_name_their_event(
    watched: Any, room: Room, hub: Hub
) -> None:
    pictures = {"before": 3, "before_interval": 0.2, "after": 2, "after_interval": 0.05}
    async with watched(motion={**QUICK, "pictures": pictures}):
        await eventually(lambda: len(room.taken) >= 4)
        await move(room, hub)
        await eventually(lambda: len(hub.images) >= 6)
        start, end = hub.fired("motion_started")[0], hub.fired("motion_ended")[0]
        taken_since = [image for image in hub.images if image.timestamp]
    assert {image.trigger for image in hub.images} == {"motion"}
    of_start = [image for image in taken_since if image.parent_id == start.context.id]
    of_end = [image for image in taken_since if image.parent_id == end.context.id]
    assert (len(of_start), len(of_end), len(hub.images)) == (4, 2, 6)
    *before, at_start = sorted(image.timestamp or 0.0 for image in of_start)
    assert max(before) <= start.timestamp
    assert at_start == pytest.approx(start.timestamp, abs=0.5)
    assert len({image.id for image in hub.images}) == 6


async def test_a_motion_that_begins_while_pictures_of_another_are_taken_gets_its_own_at_once(
    watched: Any, room: Room, hub: Hub
) -> None:
    pictures = {"before": 2, "before_interval": 0.2, "after": 4, "after_interval": 0.5}
    async with watched(motion={**QUICK, "pictures": pictures}):
        await eventually(lambda: len(room.taken) >= 3)
        for number in range(1, 5):
            await move(room, hub, number)
        starts, ends = hub.fired("motion_started"), hub.fired("motion_ended")
        await eventually(lambda: parts(hub, ends[-1], "after") == 4)
    for start, end in zip(starts, ends, strict=True):
        (at_start,) = [
            image.timestamp or 0.0
            for image in hub.images
            if image.parent_id == start.context.id and (image.meta or {})["motion"] == "start"
        ]
        assert at_start == pytest.approx(start.timestamp, abs=1.5)
        assert parts(hub, end, "after") == 4, "those of one may be those of another as well"
        before = start.data["before"]
        assert isinstance(before, list)
        assert len(before) == 2, start.data.get("before_missing")
        assert {str(each) for each in before} <= {image.id for image in hub.images}
    for image in hub.images:
        assert image.id == f"garden:{round((image.timestamp or 0) * 1000)}"
        assert image.meta is not None
        assert image.meta["motion_region"] == "frame"
        assert len(image.meta["motion_box"]) == 4  # type: ignore[arg-type]


def parts(hub: Hub, event: Event, part: str) -> int:
    """How many pictures belong to an event, be it beside another one."""
    of_it = 0
    for image in hub.images:
        meta: dict[str, Any] = dict(image.meta or {})
        own = image.parent_id == event.context.id and meta["motion"] == part
        of_it += own or event.context.id in meta.get("motion_also", ())
    return of_it


async def test_fewer_pictures_before_than_asked_are_told_with_the_reason(
    watched: Any, room: Room, hub: Hub
) -> None:
    pictures = {"before": 20, "before_interval": 0.2}
    async with watched(motion={**QUICK, "pictures": pictures}):
        await eventually(lambda: len(room.taken) >= 2)
        await move(room, hub)
    start = hub.fired("motion_started")[0]
    reason = str(start.data["before_missing"])
    assert "of 20: motion was not looked for until" in reason


async def test_while_motion_lasts_pictures_come_at_their_interval(
    watched: Any, room: Room, hub: Hub
) -> None:
    async with watched(motion={**QUICK, "pictures": {"during": 0.05, "start": False}}):
        room.moving = True
        await eventually(lambda: len(hub.images) >= 4)
        room.moving = False
        await hub.until_fired("motion_ended")
        await eventually(lambda: len(hub.images) == len(room.taken))
        taken = len(room.taken)
        looked = room.looked
        await eventually(lambda: room.looked > looked + 10)
        assert len(room.taken) == taken


async def test_set_switches_motion_and_is_kept_over_restarts(
    watched: Any, room: Room, hub: Hub
) -> None:
    async with watched():
        await hub.first("info")
        assert room.looked == 0
        result = await hub.call("set", motion=True)
        assert result.data["motion"] is True
        await eventually(lambda: room.looked > 3)
    room.looked = 0
    async with watched():
        await eventually(lambda: room.looked > 3)
        room.moving = True
        await hub.until_fired("motion_started")
        assert (await hub.call("set", motion=False)).data["motion"] is False
        await hub.until_fired("motion_ended")
        assert (await hub.call("set", quality=50)).data["motion"] is False


async def test_a_source_without_frames_refuses_motion_and_goes_on(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    source = RecordingSource()
    settings = node_settings(
        mqtt_settings("garden"), data, capture=IDLE, detect={"motion": {"enabled": True}}
    )
    async with running_node(settings, source):
        event = await hub.until_fired("detector_failed")
        assert "recorder gives no frames" in str(event.data["reason"])
        result = await hub.call("set", motion=True)
        assert result.error is not None
        assert "recorder gives no frames" in result.error.message
        assert (await hub.call("capture")).ok


async def test_a_source_that_goes_blind_is_told_once_and_seen_again(
    watched: Any, room: Room, hub: Hub
) -> None:
    room.blind = "the lens cap is on"
    async with watched(motion=QUICK):
        event = await hub.until_fired("detector_failed")
        assert event.data["reason"] == room.blind
        room.blind = ""
        await hub.until_fired("detector_ok")
        await move(room, hub)
    assert len(hub.fired("detector_failed")) == 1


async def test_without_numpy_the_node_goes_on_and_says_what_to_install(
    watched: Any, room: Room, hub: Hub
) -> None:
    room.missing = "No module named 'numpy'"
    async with watched(motion=QUICK):
        event = await hub.until_fired("detector_failed")
        assert "lookout-hub[camera]" in str(event.data["reason"])
        assert (await hub.call("capture")).ok


async def test_light_is_told_as_lighted_or_dark_with_its_level(
    watched: Any, room: Room, hub: Hub
) -> None:
    async with watched(light={"enabled": True, "min_frames": 2}):
        await eventually(lambda: room.looked > 3)
        room.level = 200
        lighted = await hub.until_fired("light_changed")
        room.level = 10
        dark = await hub.until_fired("light_changed", 2)
    assert (lighted.data["state"], lighted.data["level"]) == ("lighted", 200.0)
    assert (dark.data["state"], dark.data["percent"]) == ("dark", 0.0)


def shown(frame: GreyFrame, camera: Camera) -> GreyFrame:
    """What detectors see of a frame."""
    return develop_frame(frame, camera, left_to_do(camera, make_source(camera).does(camera)))


@pytest.mark.parametrize(
    ("control", "bright"),
    [
        ({}, (0, 0)),
        ({"hflip": True}, (0, 1)),
        ({"vflip": True}, (1, 0)),
        ({"rotation": 90}, (0, 1)),
        ({"rotation": 270}, (1, 0)),
        ({"crop": (0, 0, 100, 50)}, (0, 0)),
    ],
)
def test_detectors_see_what_the_pictures_show(
    control: dict[str, Any], bright: tuple[int, int]
) -> None:
    frame = np.zeros((60, 80), np.uint8)
    frame[:30, :40] = 255  # the upper left quarter
    seen = shown(frame, Camera(source="synthetic", **control))
    quarters = {
        (0, 0): seen[:10, :10],
        (0, 1): seen[:10, -10:],
        (1, 0): seen[-10:, :10],
        (1, 1): seen[-10:, -10:],
    }
    assert quarters[bright].mean() > 250
    assert seen.shape == ((80, 60) if control.get("rotation") else (60, 80)) or "crop" in control


def test_nothing_is_seen_under_a_mask() -> None:
    frame = np.full((60, 80), 255, np.uint8)
    seen = shown(frame, Camera(source="synthetic", masks=[(50, 0, 50, 100)]))
    assert (seen[:, :38].min(), seen[:, 41:].max()) == (255, 0)


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        ({"blur_kernel_size": 4}, "odd"),
        ({"min_area": 0}, "greater than 0"),
        ({"regions": [{"name": "a"}, {"name": "a"}]}, "two regions are named a"),
        ({"regions": [{"name": "a", "left": 60, "right": 40}]}, "region a is empty"),
        ({"regions": [{"name": "Front door"}]}, "Front door"),
        ({"print_still_frames": True}, "print_still_frames"),
    ],
)
def test_a_wrong_limit_is_named(motion: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Detect.model_validate({"motion": motion})


@needs_film
@pytest.mark.timeout(150)
async def test_the_film_of_people_who_come_and_go_is_told_and_stored(
    service: Callable[..., Child], redis_url: str, hub: Hub
) -> None:
    """Played at four times its speed: one pass takes 35 s."""
    speed = 40.0  # frames a second
    service("ingest")
    service(
        "camera",
        user="garden",
        LOOKOUT_NODE="garden",
        LOOKOUT_CAMERA__SOURCE="video",
        LOOKOUT_CAMERA__PATH=str(FILM),
        LOOKOUT_CAMERA__RATE=str(speed),
        LOOKOUT_CAMERA__RESOLUTION="640x480",
        LOOKOUT_CAPTURE__INTERVAL="1",
        LOOKOUT_DETECT__RATE="20",
        LOOKOUT_DETECT__MOTION__ENABLED="true",
        LOOKOUT_DETECT__MOTION__PICTURES__BEFORE="2",
        LOOKOUT_DETECT__MOTION__PICTURES__BEFORE_INTERVAL="0.2",
        LOOKOUT_DETECT__MOTION__PICTURES__AFTER="1",
    )
    await hub.until_fired("motion_started", timeout=30)
    first = next(image for image in hub.images if image.trigger == "start")
    assert first.timestamp is not None
    assert first.meta is not None
    start = first.timestamp - float(str(first.meta["frame"])) / speed

    def frame_of(event: Event) -> float:
        return (event.timestamp - start) * speed

    await eventually(lambda: frame_of(hub.events[-1]) > 1300, 60)
    starts = [frame_of(event) for event in hub.fired("motion_started")]
    ends = [frame_of(event) for event in hub.fired("motion_ended")]
    late = 12  # frames: three looks until it counts, and the way here
    for earliest, latest in COMES_OR_GOES:
        assert [n for n in starts if earliest <= n <= latest + late], (earliest, latest, starts)
    for n in EMPTY:
        assert len([s for s in starts if s < n]) == len([e for e in ends if e < n + late]), n
    await eventually(lambda: _stored_of(redis_url, hub.fired("motion_started")[0]), 30)


async def _stored_of(redis_url: str, event: Event) -> bool:
    """Whether the pictures before and at the start of this motion are in Redis."""
    async with opened(RedisSettings(url=redis_url)) as client:
        rows = []
        async for key in client.scan_iter(match="image:*", count=1000):
            row = await client.hgetall(key)
            if row.get(b"parent_id", b"").decode() == event.context.id:
                rows.append(row)
    assert {row[b"trigger"] for row in rows} == {b"motion"}
    times = sorted(float(row[b"timestamp"]) for row in rows)
    frames = [json.loads(row[b"meta"])["frame"] for row in rows]
    assert len(rows) == 3
    assert times[0] < times[1] < event.timestamp < times[2]
    assert max(frames) <= 116
    return True
