"""Several ingest workers share the images; standbys go on where the first process ended."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.store import keys
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.stored import nothing_lost_nothing_doubled
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)
Start = Callable[..., Child]
Settings = Callable[[str], Broker]
RECOVERY = 30.0  # seconds
# Who stops in order gives its lease back; that of a killed process has to run out.
ENDS = pytest.mark.parametrize("end", ["stop", pytest.param("kill", marks=pytest.mark.slow)])


@pytest.fixture
async def statuses(hub: Session) -> AsyncIterator[dict[str, str]]:
    """What the hub's services say of themselves: name -> `online` or `offline`."""
    said: dict[str, str] = {}

    async def follow() -> None:
        async for message in hub.subscribe("lookout/hub/+/status"):
            said[message.topic.split("/")[2]] = message.payload.decode()

    following = asyncio.create_task(follow(), name="statuses")
    yield said
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def until(statuses: dict[str, str], **wanted: str) -> None:
    await eventually(lambda: wanted.items() <= statuses.items())


@pytest.fixture
async def sources(mqtt_settings: Settings, data: Path) -> AsyncIterator[list[RecordingSource]]:
    """Two nodes that capture twenty times a second; each knows what it took."""
    async with AsyncExitStack() as stack:
        sources = [RecordingSource(name=node) for node in ("garden", "barn")]
        for source in sources:
            settings = node_settings(
                mqtt_settings(source.name), data, node=source.name, capture={"interval": 0.05}
            )
            await stack.enter_async_context(running_node(settings, source))
        yield sources


async def took(sources: list[RecordingSource], number: int) -> None:
    goals = [len(source.taken) + number for source in sources]
    await eventually(
        lambda: all(len(s.taken) >= goal for s, goal in zip(sources, goals, strict=True)), 30
    )


async def all_stored(client: Any, sources: list[RecordingSource]) -> None:
    for source in sources:
        source.failing = "enough"
    await eventually(lambda: nothing_lost_nothing_doubled(client, *sources), RECOVERY)


async def test_two_workers_store_everything_once_also_when_one_is_killed_and_comes_back(
    service: Start, client: Any, statuses: dict[str, str], sources: list[RecordingSource]
) -> None:
    service("ingest", LOOKOUT_INGEST__WORKER="1")
    second = service("ingest", LOOKOUT_INGEST__WORKER="2")
    await until(statuses, ingest="online", ingest_2="online")
    await took(sources, 10)
    await second.kill()
    await took(sources, 20)  # half of it waits at the broker for the one that is away
    second.start()
    await took(sources, 10)
    await all_stored(client, sources)
    assert await client.exists(keys.receipts("1"), keys.receipts("2")) == 2, "one did not work"


async def test_what_concerns_the_whole_hub_is_done_by_one_worker_at_a_time(
    service: Start, client: Any, statuses: dict[str, str]
) -> None:
    first = service("ingest", LOOKOUT_INGEST__WORKER="1")
    await eventually(lambda: client.get(keys.lease("upkeep")))
    second = service("ingest", LOOKOUT_INGEST__WORKER="2")
    await until(statuses, ingest_2="online")
    await eventually(lambda: "standing by" in log(second))
    assert (await client.get(keys.lease("upkeep"))).endswith(b":ingest")
    await first.stop()

    async def taken_over() -> bool:
        return (await client.get(keys.lease("upkeep")) or b"").endswith(b":ingest_2")

    await eventually(taken_over)


async def test_a_worker_that_never_returns_is_forgotten_and_the_other_gets_everything(
    service: Start, client: Any, statuses: dict[str, str], sources: list[RecordingSource]
) -> None:
    service("ingest", LOOKOUT_INGEST__WORKER="1")
    second = service("ingest", LOOKOUT_INGEST__WORKER="2", LOOKOUT_INGEST__SESSION_EXPIRY="1")
    await until(statuses, ingest="online", ingest_2="online")
    await took(sources, 10)
    await second.kill()
    await took(sources, 20)
    await all_stored(client, sources)


@ENDS
async def test_a_second_process_with_the_same_number_stands_by_and_takes_over(
    end: str,
    service: Start,
    client: Any,
    statuses: dict[str, str],
    sources: list[RecordingSource],
    tmp_path: Path,
) -> None:
    first = service("ingest")
    await until(statuses, ingest="online")
    second = service("ingest", LOOKOUT_DATA=str(tmp_path / "elsewhere"))
    await eventually(lambda: "standing by" in log(second))
    await took(sources, 10)
    await getattr(first, end)()
    await eventually(lambda: "it is our turn" in log(second))
    await took(sources, 5)
    await all_stored(client, sources)


@ENDS
async def test_two_events_services_record_and_announce_everything_once(
    end: str, service: Start, hub: Session, client: Any, statuses: dict[str, str], tmp_path: Path
) -> None:
    first = service("events")
    await until(statuses, events="online")
    second = service("events", LOOKOUT_DATA=str(tmp_path / "elsewhere"))
    await eventually(lambda: "standing by" in log(second))
    bus = EventBus(hub, Topics(), origin="garden")
    await hub.publish("lookout/garden/status", "online", retain=True)
    bus.fire("trigger_fired", {"number": 1})
    await eventually(lambda: recorded(client, node_online=1, trigger_fired=1))
    await getattr(first, end)()
    bus.fire("trigger_fired", {"number": 2})  # waits at the broker for who takes over
    await hub.publish("lookout/garden/status", "offline", retain=True)
    bus.fire("trigger_fired", {"number": 3})
    await eventually(lambda: recorded(client, node_online=1, node_offline=1, trigger_fired=3))
    first.start()
    await eventually(lambda: log(first).count("standing by") == 1)


async def recorded(client: Any, **wanted: int) -> bool:
    """Whether exactly so many events of each type are recorded."""
    found: dict[str, int] = {}
    async for key in client.scan_iter(match=f"{keys.EVENT_PREFIX}*"):
        name = (await client.hget(key, "event_type")).decode()
        found[name] = found.get(name, 0) + 1
    assert found == wanted
    return True


def log(child: Child) -> str:
    return child.log.read_text() if child.log.exists() else ""
