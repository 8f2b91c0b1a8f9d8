"""A node on a real broker: what it says of itself, what it obeys, what it keeps."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lookout.contract.commands import Command, parse_result
from lookout.contract.events import parse_event
from lookout.contract.hub import Receipt, Rejection
from lookout.contract.images import ImageMeta
from lookout.contract.nodes import parse_info
from lookout.contract.readings import parse_reading
from lookout.contract.topics import Topics
from lookout.contract.wire import Context
from lookout.host.settings import Broker
from services.camera.outbox import refused, sender
from services.camera.settings import Camera
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import PATIENCE, eventually

Settings = Callable[[str], Broker]
TOPICS = Topics()
IDLE = {"interval": 0}


@pytest.fixture
def source() -> RecordingSource:
    return RecordingSource()


@pytest.fixture
async def node(
    mqtt_settings: Settings,
    data: Path,
    source: RecordingSource,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[None]:
    monkeypatch.setattr(sender, "BACK_SECONDS", 0.1)
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE)
    async with running_node(settings, source):
        await hub.first("info")
        yield


async def test_a_node_says_what_it_is_and_is_online(node: None, hub: Hub) -> None:
    assert (await hub.first("status")).payload == b"online"
    info = parse_info((await hub.first("info")).payload)
    assert info.camera == "recorder"
    assert info.resolution == (64, 48)
    assert set(info.services) >= {"capture", "set", "restart", "identify"}
    assert info.spool_depth == 0


async def test_what_is_asked_of_a_node_as_soon_as_it_is_online_is_done(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    ready = asyncio.Event()

    class SlowToBegin(RecordingSource):
        async def adjust(self, settings: Camera) -> None:
            await ready.wait()

    results = hub.session.subscribe("lookout/garden/result/capture")
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE)
    async with running_node(settings, SlowToBegin()):
        assert (await hub.first("status")).payload == b"online"
        await hub.session.publish(TOPICS.command("garden", "capture"), b'{"id": "early"}')
        ready.set()
        async with asyncio.timeout(PATIENCE):
            result = parse_result((await anext(results)).payload)
    assert (result.id, result.ok) == ("early", True)


async def test_what_is_asked_of_a_node_while_it_is_started_anew_is_done(
    mqtt_settings: Settings, data: Path, hub: Hub
) -> None:
    results = hub.session.subscribe("lookout/garden/result/capture")
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE)
    async with running_node(settings, RecordingSource()):
        await hub.first("info")
    await hub.session.publish(TOPICS.command("garden", "capture"), b'{"id": "meanwhile"}')
    async with running_node(settings, RecordingSource()), asyncio.timeout(PATIENCE):
        result = parse_result((await anext(results)).payload)
    assert (result.id, result.ok) == ("meanwhile", True)


async def test_capture_publishes_the_bytes_with_their_metadata(
    node: None, hub: Hub, source: RecordingSource
) -> None:
    images = hub.session.subscribe("lookout/garden/image")
    result = await hub.call("capture", context=Context(id="automation-1"), quality=33)
    message = await anext(images)
    meta = ImageMeta.from_properties(message.properties)
    assert result.data["images"] == [meta.id]
    assert [message.payload] == list(source.taken)
    assert (meta.trigger, meta.lux, meta.width, meta.height) == ("command", 110.0, 64, 48)
    assert (meta.parent_id, meta.meta) == ("automation-1", {"quality": 33})
    assert meta.timestamp == source.taken[message.payload]
    assert meta.id == f"garden:{round(meta.timestamp * 1000)}"


async def test_a_burst_has_as_many_pictures_as_asked_for(
    node: None, hub: Hub, source: RecordingSource
) -> None:
    result = await hub.call("capture", count=5, pause=0.01)
    images = result.data["images"]
    assert isinstance(images, list)
    assert len(set(map(str, images))) == len(source.taken) == 5


async def test_the_event_of_a_capture_names_its_cause(node: None, hub: Hub) -> None:
    events = hub.session.subscribe("lookout/garden/event/image_captured")
    await hub.call("capture", context=Context(id="automation-2"))
    event = parse_event((await anext(events)).payload, event_type="image_captured")
    assert event.context.parent_id == "automation-2"
    assert event.data["trigger"] == "command"


async def test_a_failing_camera_is_a_result_and_an_event_and_works_again(
    node: None, hub: Hub, source: RecordingSource
) -> None:
    failures = hub.session.subscribe("lookout/garden/event/capture_failed")
    source.failing = "the cable is loose: check it"
    result = await hub.call("capture")
    assert result.error is not None
    assert (result.error.code, result.error.message) == ("capture_failed", source.failing)
    assert b"the cable is loose" in (await anext(failures)).payload
    source.failing = ""
    assert (await hub.call("capture")).ok
    assert source.opened == 2


async def test_a_camera_that_hangs_is_given_up_after_its_time(
    mqtt_settings: Settings, data: Path, hub: Hub, source: RecordingSource
) -> None:
    camera = {"source": "synthetic", "timeout": 0.2}
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE, camera=camera)
    async with running_node(settings, source):
        await hub.first("info")
        source.failing = "hang"
        result = await hub.call("capture")
        assert result.error is not None
        assert "no picture within 0.2 s" in result.error.message


@pytest.mark.parametrize(
    ("service", "arguments", "named"),
    [
        ("set", {"interval": -1}, "interval = -1"),
        ("set", {"quality": 101}, "quality = 101"),
        ("set", {"colour": "red"}, "colour = 'red'"),
        ("set", {"ttl": 59}, "ttl = 59: must be 0 (as the hub is set) or 60 to 315360000 seconds"),
        ("set", {"ttl": -1}, "ttl = -1"),
        ("set", {"ttl": "long"}, "ttl = 'long'"),
        ("set", {}, "interval"),
        ("capture", {"count": 0}, "count = 0"),
        ("capture", {"count": "many"}, "count = 'many'"),
        ("fly", {}, "fly"),
    ],
)
async def test_what_is_out_of_range_is_refused_by_name(
    node: None, hub: Hub, service: str, arguments: dict[str, Any], named: str
) -> None:
    result = await hub.call(service, **arguments)
    assert not result.ok
    assert result.error is not None
    assert named in result.error.message


async def test_set_takes_effect_at_once_and_is_kept_over_restarts(
    mqtt_settings: Settings, data: Path, hub: Hub, source: RecordingSource
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 3600})
    async with running_node(settings, source):
        await hub.first("info")
        await eventually(lambda: len(source.taken) == 1)
        result = await hub.call("set", interval=0.05, quality=40)
        assert result.data.items() >= {"interval": 0.05, "quality": 40}.items()
        await eventually(lambda: len(source.taken) > 5)
    async with running_node(settings, source):
        await eventually(lambda: source.opened >= 2)
        result = await hub.call("set", quality=41)
        assert result.data.items() >= {"interval": 0.05, "quality": 41}.items()


async def test_each_image_says_how_long_it_is_to_be_kept_as_was_set_when_it_was_taken(
    mqtt_settings: Settings, data: Path, hub: Hub, source: RecordingSource
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, capture=IDLE)
    async with running_node(settings, source):
        await hub.first("info")
        assert (await hub.call("capture")).ok
        assert (await hub.call("set", ttl=3600)).data["ttl"] == 3600
        assert (await hub.call("capture")).ok
    images = hub.session.subscribe("lookout/garden/image")
    async with running_node(settings, source):  # sends what nobody confirmed; the setting is kept
        await hub.first("info")
        assert (await hub.call("capture")).ok
        assert (await hub.call("set", ttl=None)).data["ttl"] == 0
        assert (await hub.call("capture")).ok
        said: dict[str, int | None] = {}
        while len(said) < 4:
            meta = ImageMeta.from_properties((await anext(images)).properties)
            said[str(meta.id)] = meta.ttl
    assert [said[identifier] for identifier in sorted(said)] == [None, 3600, 3600, None]


async def test_a_call_of_set_that_is_given_up_after_a_time_sets_no_lifetime(
    node: None, hub: Hub
) -> None:
    command = Command(service="set", ttl=20, arguments={"quality": 50})
    result = await hub.caller.call("garden", command, timeout=30)
    assert result.data.items() >= {"quality": 50, "ttl": 0}.items()


async def test_the_preview_is_retained_and_small(node: None, hub: Hub) -> None:
    await hub.call("capture")
    preview = await hub.first("preview")
    assert preview.payload.startswith(b"\xff\xd8")


async def test_readings_carry_the_light_that_the_camera_saw(
    mqtt_settings: Settings, data: Path, hub: Hub, source: RecordingSource
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, sensors={"interval": 1})
    async with running_node(settings, source):
        reading = parse_reading((await hub.first("reading")).payload)
    assert reading.metrics["lux"] == 110.0


async def test_a_receipt_empties_the_spool_whether_stored_or_refused(
    node: None, hub: Hub, data: Path
) -> None:
    folder = data / "spool" / "garden"
    result = await hub.call("capture", count=3)
    first, second, _ = map(str, result.data["images"])  # type: ignore[arg-type]
    assert len(list(folder.glob("*.capture"))) == 3
    foreign = Receipt(ids=("barn:5", "nonsense"))
    receipt = Receipt(ids=(first,), rejected=(Rejection(id=second, reason="too dark"),))
    for each in (foreign.encode(), b"not json", receipt.encode()):
        await hub.session.publish("lookout/garden/stored", each)
    await eventually(lambda: len(list(folder.glob("*.capture"))) == 1)
    (refused,) = (folder / "refused").glob("*.capture")
    assert refused.stem == f"{int(second.partition(':')[2]):015d}"
    assert refused.with_suffix(".reason").read_text() == "too dark\n"


async def test_what_the_hub_cannot_take_now_is_kept_and_sent_again(
    node: None, hub: Hub, data: Path
) -> None:
    images = hub.session.subscribe("lookout/garden/image")
    await hub.session.publish("lookout/hub/ingest/status", b"online", retain=True)
    (identifier,) = list((await hub.call("capture")).data["images"])  # type: ignore[arg-type]
    first = await anext(images)
    receipt = Receipt(later=(Rejection(id=str(identifier), reason="our disk"),))
    await hub.session.publish("lookout/garden/stored", receipt.encode())
    assert (await anext(images)).payload == first.payload
    assert len(list((data / "spool" / "garden").glob("*.capture"))) == 1


async def test_what_was_refused_is_sent_again_when_it_is_put_back(
    node: None, hub: Hub, data: Path
) -> None:
    folder = data / "spool" / "garden"
    (identifier,) = list((await hub.call("capture")).data["images"])  # type: ignore[arg-type]
    receipt = Receipt(rejected=(Rejection(id=str(identifier), reason="too dark"),))
    await hub.session.publish("lookout/garden/stored", receipt.encode())
    await eventually(lambda: not list(folder.glob("*.capture")))
    images = hub.session.subscribe("lookout/garden/image")
    assert refused.look(folder)[0]["reason"] == "too dark"
    assert refused.put_back(folder) == 1
    assert (await anext(images)).properties["id"] == identifier
    assert not refused.look(folder)


async def test_without_a_receipt_a_capture_is_sent_again_while_the_hub_is_there(
    node: None, hub: Hub
) -> None:
    images = hub.session.subscribe("lookout/garden/image")
    await hub.session.publish("lookout/hub/ingest/status", b"online", retain=True)
    await hub.call("capture")
    first, again = await anext(images), await anext(images)
    ages = [float(each.properties.pop("age")) for each in (first, again)]  # type: ignore[attr-defined]
    assert ages[0] < ages[1]
    assert (first.payload, first.properties) == (again.payload, again.properties)


async def test_restart_answers_first(mqtt_settings: Settings, hub: Hub, service: Any) -> None:
    camera = service(
        "camera",
        user="garden",
        LOOKOUT_NODE="garden",
        LOOKOUT_CAMERA__SOURCE="synthetic",
        LOOKOUT_CAMERA__RESOLUTION="320x240",
        LOOKOUT_CAPTURE__INTERVAL="0",
    )
    before = json.loads((await hub.first("info")).payload)["started_at"]
    pid = camera.pid
    assert (await hub.call("restart", id="once")).data == {"restarting": True}

    async def started_again() -> bool:
        info = json.loads((await hub.first("info")).payload)
        return bool(info["started_at"] > before)

    await eventually(started_again)
    assert camera.pid == pid
    assert (await hub.call("restart", id="once")).data == {"restarting": True}  # the first result
