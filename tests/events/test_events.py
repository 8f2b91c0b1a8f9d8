"""Every event to a searchable hash and a daily log; statuses and silence turned into events."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.events import parse_event
from lookout.contract.topics import Topics
from lookout.contract.wire import Context
from lookout.embedded.child import Child
from lookout.store.events import Events, Related
from lookout.store.search import Query
from tests.support.waiting import eventually


@pytest.fixture
async def events(service: Callable[..., Child], hub: Session) -> Child:
    statuses = hub.subscribe("lookout/hub/events/status")
    started = service("events", LOOKOUT_EVENTS__SILENT_AFTER="5")
    while (await anext(statuses)).payload != b"online":
        continue
    return started


async def found(client: Any, **tags: str) -> list[dict[str, str]]:
    query = Query(tags={name: [value] for name, value in tags.items()})
    return (await Events(client).page(query)).rows


async def test_an_event_is_searchable_by_type_node_words_and_context(
    events: Child, hub: Session, client: Any
) -> None:
    bus = EventBus(hub, Topics(), origin="garden")
    fired = bus.fire("motion_started", {"region": "front door"}, cause=Context(id="P7"))
    (row,) = await eventually(lambda: found(client, event_type="motion_started"))
    assert (row["node"], row["context_id"], row["parent_id"]) == ("garden", fired.context.id, "P7")
    assert float(row["timestamp"]) == pytest.approx(fired.timestamp, abs=0.002)
    store = Events(client)
    assert (await store.page(Query(words="door motion"))).rows == [row]
    assert (await store.page(Query(words="window"))).rows == []
    assert await store.around("P7") == Related([row], more=False)
    assert 29 * 86_400 < await client.ttl(f"event:{row['id']}") <= 30 * 86_400


async def test_what_comes_with_every_picture_is_kept_for_a_shorter_time(
    events: Child, hub: Session, client: Any
) -> None:
    bus = EventBus(hub, Topics(), origin="garden")
    bus.fire("image_captured", {"id": "garden:1"})
    (row,) = await eventually(lambda: found(client, event_type="image_captured"))
    assert 0 < await client.ttl(f"event:{row['id']}") <= 7 * 86_400


async def test_an_event_is_a_line_in_the_log_of_its_day(
    events: Child, hub: Session, client: Any, data: Path
) -> None:
    bus = EventBus(hub, Topics(), origin="garden")
    fired = bus.fire("light_changed", {"state": "dark", "text": "two\nlines | and a bar"})
    await eventually(lambda: found(client, event_type="light_changed"))
    local = time.localtime(fired.timestamp)
    log = data / "logs" / f"events-{time.strftime('%Y-%m-%d', local)}.log"
    (line,) = [each for each in log.read_text().splitlines() if "light_changed" in each]
    stamp, text = line.split(" ~ ")
    assert stamp.startswith(time.strftime("%Y-%m-%d %H:%M:%S,", local))
    assert text == "garden|light_changed|state=dark text=two lines / and a bar"


async def test_the_same_event_delivered_twice_is_recorded_once(
    events: Child, hub: Session, client: Any, data: Path
) -> None:
    body = b'{"event_type":"x","data":{},"time_fired":"%s","context":{"id":"A"}}'
    payload = body % time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()).encode()
    for _ in range(3):
        await hub.publish("lookout/garden/event/x", payload)
    await hub.publish("lookout/garden/event/y", b"{}")
    await eventually(lambda: found(client, event_type="y"))
    assert len(await found(client, event_type="x")) == 1
    (log,) = (data / "logs").glob("events-*.log")
    assert log.read_text().count("garden|x|") == 1


async def test_what_is_no_event_does_not_block_the_next(
    events: Child, hub: Session, client: Any
) -> None:
    for payload in (b"", b"[]", b"{", b'{"event_type": "other"}', b"\xff"):
        await hub.publish("lookout/garden/event/broken", payload)
    await hub.publish("lookout/Bad.Name/event/broken", b"{}")
    await hub.publish("lookout/garden/event/fine", b'{"data": {"a": 1}}')
    await eventually(lambda: found(client, event_type="fine"))
    assert await found(client, event_type="broken") == []


async def test_statuses_become_events_once_each_over_restarts_too(
    events: Child, hub: Session, client: Any
) -> None:
    await hub.publish("lookout/garden/status", b"online", retain=True)
    await eventually(lambda: found(client, event_type="node_online"))
    await events.kill()
    events.start()  # the retained status comes again
    await hub.publish("lookout/garden/event/marker", b"{}")
    await eventually(lambda: found(client, event_type="marker"))
    await hub.publish("lookout/garden/status", b"offline", retain=True)
    await eventually(lambda: found(client, event_type="node_offline"))
    assert len(await found(client, event_type="node_online")) == 1
    assert await client.hget("node:garden", "status") == b"offline"


async def test_while_redis_is_full_nothing_is_told_or_logged_again_and_again(
    events: Child, hub: Session, client: Any, data: Path
) -> None:
    heard = hub.subscribe("lookout/garden/event/node_online")
    await client.config_set("maxmemory-policy", "noeviction")
    await client.config_set("maxmemory", 1)
    await hub.publish("lookout/garden/event/x", b"{}")
    await hub.publish("lookout/garden/status", b"online")
    await eventually(lambda: refused_writes(client, 10))
    await client.config_set("maxmemory", 0)
    await eventually(lambda: found(client, event_type="node_online"))
    assert len(heard) == 1
    (log,) = (data / "logs").glob("events-*.log")
    assert log.read_text().count("garden|x|") == 1


async def refused_writes(client: Any, number: int) -> bool:
    stats = await client.info("errorstats")
    return int(stats.get("errorstat_OOM", {"count": 0})["count"]) >= number


async def test_a_node_of_which_nothing_comes_is_silent_once(
    events: Child, hub: Session, client: Any
) -> None:
    heard = hub.subscribe("lookout/garden/event/node_silent")
    await hub.publish("lookout/garden/status", b"online", retain=True)
    event = parse_event((await anext(heard)).payload, event_type="node_silent")
    assert float(event.data["seconds"]) >= 5  # type: ignore[arg-type]
    await eventually(lambda: client.hget("node:garden", "silent"))
    await hub.publish("lookout/garden/info", b'{"version": "1"}')
    await eventually(lambda: _not_silent(client))
    assert len(heard) == 0


async def _not_silent(client: Any) -> bool:
    return not await client.hexists("node:garden", "silent")


@pytest.mark.parametrize("fired", ["1970-01-01T00:01:00+00:00", "2222-01-01T00:00:00+00:00"])
async def test_an_event_of_a_node_with_a_wrong_clock_is_logged_today_with_both_times(
    fired: str, events: Child, hub: Session, client: Any, data: Path
) -> None:
    payload = json.dumps({"event_type": "motion_started", "data": {}, "time_fired": fired})
    await hub.publish("lookout/garden/event/motion_started", payload)
    today = data / "logs" / f"events-{datetime.now().astimezone():%Y-%m-%d}.log"
    await eventually(lambda: today.exists() and "|node_time=" in today.read_text())
    assert list((data / "logs").glob("events-*.log")) == [today]


async def test_a_log_that_cannot_be_written_is_told_once_and_once_that_it_can(
    events: Child, hub: Session, client: Any, data: Path
) -> None:
    told = hub.subscribe("lookout/hub/event/+", retained=False)
    in_the_way = data / "logs" / f"events-{datetime.now().astimezone():%Y-%m-%d}.log"
    in_the_way.mkdir(parents=True)
    for number in range(3):
        await hub.publish("lookout/garden/event/doorbell", b'{"number": %d}' % number)
    assert (await anext(told)).topic.endswith("/log_failed")

    async def stored() -> bool:
        return len(await found(client, event_type="doorbell")) == 3

    await eventually(stored)
    in_the_way.rmdir()
    await hub.publish("lookout/garden/event/doorbell", b'{"number": 3}')
    assert (await anext(told)).topic.endswith("/log_ok")
