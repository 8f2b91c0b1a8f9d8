"""People counted as images arrive: each result once, none lost, never far behind."""

import asyncio
import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookout.amounts.ranges import parse_range
from lookout.bus.session import Session
from lookout.contract.events import parse_event
from lookout.contract.nodes import Detection
from lookout.contract.watched import Watched
from lookout.embedded.child import Child
from lookout.store import keys, watching
from lookout.store.groups import Group
from lookout.store.images import Images, NewImage, as_json
from lookout.store.index import ensure_indexes
from lookout.store.results import server_time
from lookout.store.search import Query
from services.analytics.choice import stored_at
from services.analytics.gate import changed
from services.analytics.inflow import Inflow
from services.analytics.settings import Analytics
from tests.support.onnx import SIDE, brightness_model
from tests.support.pictures import toned_jpeg
from tests.support.waiting import eventually

BRIGHT, DARK = toned_jpeg(255), toned_jpeg(0)
TTL = 3_600
Start = Callable[..., Child]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Sees a person where the picture is bright, in its left half."""
    path = tmp_path / "bright.onnx"
    brightness_model(path, (1, 1, 7), np.array([[-8, -16, -16, -32, 1, -1, 0.0]]))
    path.with_suffix(".names").write_text("person\ndog\n")
    return path


@pytest.fixture
async def analytics(service: Start, model: Path, hub: Session, client: Any) -> Start:
    """Starts worker NUMBER, and comes back when the group is there."""

    def start(worker: int = 1, **settings: str) -> Child:
        return service(
            "analytics",
            LOOKOUT_ANALYTICS__MODEL=settings.pop("model", str(model)),
            LOOKOUT_ANALYTICS__WORKER=str(worker),
            LOOKOUT_ANALYTICS__SIZE=str(SIDE),
            **{f"LOOKOUT_ANALYTICS__{name.upper()}": value for name, value in settings.items()},
        )

    # What comes before a worker is ready is looked at too.
    await Group(client, keys.IMAGES_STREAM, "analytics", "test").join()
    await ensure_indexes(client)
    return start


def image(number: int, jpeg: bytes = BRIGHT, **told: Any) -> NewImage:
    at = told.pop("at", None) or 1_700_000_000 + number
    node = told.pop("node", "garden")
    return NewImage(f"{node}:{int(at * 1000)}", node, at, time.time(), 64, 64, jpeg, told=told)


async def stored(client: Any, *images: NewImage) -> None:
    await Images(client).store(images, ttl=TTL)


async def row(client: Any, number: int) -> dict[str, Any]:
    found = await Images(client).get(image(number).id)
    assert found
    return as_json(found)


async def looked_at(client: Any) -> int:
    """How many images have a result."""
    found = 0
    async for key in client.scan_iter(match=f"{keys.IMAGE_PREFIX}*", count=1000):
        found += await client.hexists(key, "detector")
    return found


async def unfinished(client: Any) -> int:
    return await Group(client, keys.IMAGES_STREAM, "analytics", "test").lag()


async def finished(client: Any) -> bool:
    assert await unfinished(client) == 0
    return True


@pytest.fixture
async def told(hub: Session) -> AsyncIterator[list[tuple[str, bytes]]]:
    """What is said of the garden: detections and events, as they come."""
    found: list[tuple[str, bytes]] = []

    async def follow(topic: str) -> None:
        async for message in hub.subscribe(topic):
            name = message.topic.rpartition("/")[2]
            found.append((name, message.payload))

    topics = ("lookout/garden/detection", "lookout/garden/event/+")
    tasks = [asyncio.create_task(follow(each), name=each) for each in topics]
    yield found
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_people_are_written_to_the_image_told_and_found(
    analytics: Start, client: Any, told: list[tuple[str, bytes]]
) -> None:
    analytics()
    for number, jpeg in enumerate((DARK, BRIGHT, BRIGHT, DARK)):
        await stored(client, image(number, jpeg, context_id="C1"))
        await eventually(lambda: finished(client))
    seen = await row(client, 1)
    assert (seen["people"], seen["labels"]) == (1, "person")
    assert seen["boxes"] == [[pytest.approx(each, abs=0.5) for each in (0, 0, 50, 100)]]
    assert seen["detector"].startswith("bright@")
    assert seen["detect_ms"] > 0
    assert (await row(client, 0))["people"] == 0
    news = [fields for _, fields in await client.xrange(keys.CHANGES_STREAM)]
    assert [each[b"ids"].decode() for each in news] == [image(1).id, image(2).id]
    assert {each[b"what"] for each in news} == {b"seen"}
    await eventually(lambda: len(told) == 4 + 3)
    events = [parse_event(body, event_type=name) for name, body in told if name != "detection"]
    assert Counter(each.event_type for each in events) == {
        "person_detected": 1,
        "people_changed": 2,
    }
    assert all(each.context.parent_id == "C1" for each in events)
    detections = [Detection.decode(body) for name, body in told if name == "detection"]
    assert [each.people for each in detections] == [0, 1, 1, 0]
    found = await Images(client).page(Query(ranges={"people": parse_range("1..")}))
    assert {each["id"] for each in found.rows} == {image(1).id, image(2).id}
    assert await client.ttl(keys.image(image(1).id)) > 0


async def test_with_a_gate_only_what_has_changed_is_looked_at(
    analytics: Start, client: Any
) -> None:
    analytics(least_motion="0.5")
    for number, jpeg in enumerate((DARK, DARK, BRIGHT, BRIGHT, DARK)):
        await stored(client, image(number, jpeg), image(number, jpeg, node="barn"))
        await eventually(lambda: finished(client))
    seen = ["people" in await row(client, number) for number in range(5)]
    assert seen == [True, False, True, False, True]
    assert await looked_at(client) == 2 * 3


def test_a_thing_of_one_per_cent_has_changed_what_noise_has_not() -> None:
    noise = np.random.default_rng(1)
    room = noise.integers(90, 96, (36, 64)).astype(np.uint8)
    again = noise.integers(90, 96, (36, 64)).astype(np.uint8)
    assert changed(room.tobytes(), again.tobytes()) == 0
    again[10:15, 20:25] = 200
    assert changed(room.tobytes(), again.tobytes()) == pytest.approx(100 * 25 / (36 * 64))


async def test_zones_are_counted_searched_and_shown_in_home_assistant_without_flicker(
    analytics: Start, client: Any, hub: Session, told: list[tuple[str, bytes]]
) -> None:
    left = [[0, 0], [50, 0], [50, 100], [0, 100]]
    right = [[50, 0], [100, 0], [100, 100], [50, 100]]
    rules = {
        "zones": {"gate": {"points": left}, "lawn": {"points": right}},
        "steady": {"seen": 2, "of": 3},
    }
    announced = hub.subscribe("homeassistant/device/+/config")
    worker = analytics(nodes=json.dumps({"garden": rules}))
    for number, jpeg in enumerate((BRIGHT, DARK, BRIGHT, DARK, DARK)):
        await stored(client, image(number, jpeg))
        await eventually(lambda: finished(client))
    await eventually(lambda: len([name for name, _ in told if name == "detection"]) == 5)
    detections = [Detection.decode(body) for name, body in told if name == "detection"]
    one = {"gate": {"person": 1}}
    assert [each.people for each in detections] == [1, 0, 1, 0, 0]
    assert [each.zones for each in detections] == [{}, {}, one, {}, {}]
    await eventually(lambda: len([n for n, _ in told if n == "zone_changed"]) == 2)
    found = await Images(client).page(Query(tags={"zones": ["gate"]}))
    assert [each["id"] for each in found.rows] == [image(2).id, image(0).id]
    message = await anext(announced)
    assert message.topic == "homeassistant/device/lookout_Zones_garden/config"
    assert json.loads(message.payload)["device"]["identifiers"] == ["lookout_garden"]
    drawn = {"zones": {"lawn": {"points": left}}}
    await watching.draw(client, "garden", Watched.model_validate(drawn))
    components = json.loads((await anext(announced)).payload)["components"]
    assert components["zone_gate"] == {"platform": "binary_sensor"}, "Home Assistant takes it out"
    await stored(client, image(9, BRIGHT))
    await eventually(lambda: finished(client))
    assert (await row(client, 9))["zones"] == "lawn"
    await worker.stop()
    await watching.forget(client, "garden")
    analytics(nodes="{}")
    assert (await anext(announced)).payload == b""


async def test_an_older_picture_that_comes_late_is_counted_and_changes_nothing(
    analytics: Start, client: Any, told: list[tuple[str, bytes]]
) -> None:
    analytics()
    await stored(client, image(10, DARK))
    await eventually(lambda: finished(client))
    await stored(client, image(5, BRIGHT))
    await eventually(lambda: finished(client))
    assert (await row(client, 5))["people"] == 1
    await stored(client, image(11, DARK))
    await eventually(lambda: len([name for name, _ in told if name == "detection"]) == 2)
    assert [name for name, _ in told if name != "detection"] == []


async def test_an_image_that_has_expired_is_let_go_and_does_not_come_back(
    analytics: Start, client: Any
) -> None:
    await stored(client, image(0), image(1))
    await client.delete(keys.image(image(0).id))
    analytics()
    await eventually(lambda: finished(client))
    assert not await client.exists(keys.image(image(0).id))
    assert (await row(client, 1))["people"] == 1


async def test_what_a_camera_has_counted_itself_stays(analytics: Start, client: Any) -> None:
    await stored(client, image(0, people=3), image(1))
    analytics()
    await eventually(lambda: finished(client))
    assert (await row(client, 0))["people"] == 3
    assert "detector" not in await row(client, 0)


async def test_a_poison_picture_is_parked_with_its_reason_and_the_others_go_on(
    analytics: Start, client: Any
) -> None:
    await stored(client, image(0), image(1, b"\xff\xd8 poison"), image(2))
    await client.xadd(keys.IMAGES_STREAM, {"of": "others"})
    analytics(idle="1", tries="2")
    await eventually(lambda: finished(client))
    parked = await client.xrange(keys.parked(keys.IMAGES_STREAM, "analytics"))
    reasons = {fields.get(b"id"): fields[b"reason"] for _, fields in parked}
    assert set(reasons) == {image(1).id.encode(), None}
    assert b"BadPicture" in reasons[image(1).id.encode()]
    assert await looked_at(client) == 2


async def test_of_each_stretch_of_time_one_image_of_a_node_is_looked_at(
    analytics: Start, client: Any
) -> None:
    await stored(client, *(image(number) for number in range(60)))
    await stored(client, image(0, node="barn"))
    analytics(every="10")
    analytics(worker=2, every="10")
    await eventually(lambda: finished(client))
    assert await looked_at(client) == 6 + 1  # 1,700,000,000 is a whole multiple of ten


async def test_when_redis_comes_back_empty_it_goes_on(analytics: Start, client: Any) -> None:
    analytics()
    await stored(client, image(0))
    await eventually(lambda: finished(client))
    await client.flushdb()
    await stored(client, image(1))

    async def seen() -> bool:
        return "people" in await row(client, 1)

    await eventually(seen)


async def held(client: Any, worker: int) -> int:
    """How many images a worker has taken and not finished."""
    name = "analytics" if worker == 1 else f"analytics_{worker}"
    counted = await client.xpending(keys.IMAGES_STREAM, "analytics")
    return sum(each["pending"] for each in counted["consumers"] if each["name"] == name.encode())


async def killed_over_its_work(client: Any, workers: Sequence[Child]) -> bool:
    """Kill a worker that has something in hand: frozen before one looks, or it would be done."""
    for number in random.sample(range(len(workers)), len(workers)):
        worker = workers[number]
        worker.signal(signal.SIGSTOP)
        if await held(client, number + 1):
            await worker.kill()
            worker.start()
            return True
        worker.signal(signal.SIGCONT)
    return False


@pytest.mark.own_servers
@pytest.mark.parametrize(
    "number",
    [60, pytest.param(2_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])],
)
async def test_workers_killed_at_random_give_each_result_once_and_lose_none(
    analytics: Start, client: Any, number: int, record_property: Callable[[str, object], None]
) -> None:
    jpeg = toned_jpeg(255, 2000, 2000)  # takes long enough to be killed over
    await client.config_set("notify-keyspace-events", "Kh")
    writes: Counter[bytes] = Counter()
    count = kills = 0
    async with client.pubsub() as listener:
        await listener.psubscribe("__keyspace@*__:image:*")
        workers = [analytics(worker=each, idle="1", max_behind="0") for each in (1, 2, 3)]

        async def killed_or_done() -> bool:
            nonlocal kills
            killed = await killed_over_its_work(client, workers)
            kills += killed
            return killed or await unfinished(client) == 0

        while count < number or not kills:
            await stored(client, *(image(count + each, jpeg) for each in range(20)))
            count += 20
            await eventually(killed_or_done, 60)
        await eventually(lambda: finished(client), 300)
        assert await looked_at(client) == count
        while message := await listener.get_message(timeout=0.2):
            if message["type"] == "pmessage" and message["data"] == b"hset":
                writes[message["channel"]] += 1
    assert Counter(writes.values()) == {2: count}  # once when it was stored, once its result
    assert not await client.exists(keys.parked(keys.IMAGES_STREAM, "analytics"))
    record_property("report", f"{count} pictures, {kills} workers killed: {count} results, once")


async def test_a_worker_that_is_behind_takes_the_newest_and_no_more_than_it_can_do_in_time(
    client: Any,
) -> None:
    """Ten a second, half a second of work each: five times too slow."""
    group, behind = Group(client, keys.IMAGES_STREAM, "analytics", "test"), 20.0
    await group.join()
    now = int(await server_time(client) * 1000)
    async with client.pipeline(transaction=False) as pipe:
        for at in range(now - 60_000, now, 100):
            fields = {"id": f"garden:{at}", "node": "garden", "timestamp": at / 1000}
            pipe.xadd(keys.IMAGES_STREAM, fields, id=f"{at}-0")
        await pipe.execute()
    inflow = Inflow(group, Analytics(max_behind=behind, idle=60), seconds=0.5)
    taken = await inflow.next()
    times = [stored_at(each) for each in taken]
    assert 15 <= len(taken) <= behind / 2 / 0.5
    assert times == sorted(times, reverse=True)
    assert times[0] == pytest.approx((now - 100) / 1000)
    assert times[-1] >= now / 1000 - behind
    assert await unfinished(client) == len(taken)  # the rest is let go, not left


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_worker_ten_times_too_slow_is_never_further_behind_than_it_may_be(
    analytics: Start, client: Any, record_property: Callable[[str, object], None]
) -> None:
    """HOG takes a third of a second for such a picture; thirty come in a second."""
    behind, seconds = 8.0, 60.0
    jpeg = toned_jpeg(90, 640, 640)
    worker = analytics(model="hog", max_behind=str(behind))
    lags, started, count = [], 0.0, 0
    while not started or time.time() < started + seconds:
        await stored(client, image(0, jpeg, at=time.time()))
        count += 1
        await asyncio.sleep(1 / 30)
        newest = await client.hget(keys.node("garden"), "people_at")
        if newest:
            started = started or time.time()
            lags.append(time.time() - float(newest))
    await worker.stop()
    done = await looked_at(client)
    record_property(
        "report",
        f"{count} pictures in {seconds:.0f} s, {done} looked at, "
        f"the newest at most {max(lags):.1f} s behind ({behind:.0f} allowed)",
    )
    assert max(lags) < behind
    assert await unfinished(client) < 30 * behind
    assert 3 <= done < count / 4
