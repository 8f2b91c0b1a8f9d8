"""Services on the bus: every call gets a result, an id runs once, late calls are refused."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import Field

from lookout.bus.caller import Caller
from lookout.bus.commands import MOST_PENDING, Arguments, CommandFailed, Data, Services
from lookout.bus.events import EventBus
from lookout.bus.journal import Journal
from lookout.bus.session import Session
from lookout.contract.commands import Command, Result, parse_result
from lookout.contract.events import parse_event
from lookout.contract.topics import Topics
from lookout.contract.wire import Context, new_id
from lookout.host.settings import Broker
from lookout.host.tasks import cancel

TOPICS = Topics()
Settings = Callable[[str], Broker]


class Sum(Arguments):
    """Two numbers."""

    a: int = Field(0, ge=0, le=100)
    b: int = 0


class Adder:
    """A node with one service, which counts how often it ran."""

    def __init__(self) -> None:
        self.calls = 0

    async def add(self, arguments: Sum, _: Command) -> Data:
        self.calls += 1
        if arguments.b == 13:
            raise CommandFailed("unlucky", "b = 13: choose another number")
        if arguments.b == 14:
            raise ZeroDivisionError("a bug")
        return {"sum": arguments.a + arguments.b}


class Bench:
    """A serving node and a caller."""

    def __init__(self, adder: Adder, caller: Caller, hub: Session, journal: Journal) -> None:
        self.adder = adder
        self.journal = journal
        self.caller = caller
        self.hub = hub


async def serve(stack: AsyncExitStack, broker: Broker, journal: Journal, adder: Adder) -> None:
    session = await stack.enter_async_context(Session(broker, "garden"))
    events = EventBus(session, TOPICS, origin="garden")
    services = Services(session, TOPICS, "garden", events, journal)
    services.register("add", Sum, adder.add)
    task = asyncio.create_task(services.serve(), name="services")
    stack.push_async_callback(cancel, task)
    await session.connected()


@pytest.fixture
async def bench(mqtt_settings: Settings, tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        adder = Adder()
        journal = Journal(tmp_path / "journal.json")
        await serve(stack, mqtt_settings("garden"), journal, adder)
        hub = await stack.enter_async_context(Session(mqtt_settings("hub"), "hub"))
        caller = Caller(hub, TOPICS)
        listening = asyncio.create_task(caller.listen(), name="results")
        stack.push_async_callback(cancel, listening)
        await hub.connected()
        await asyncio.sleep(0)  # let it subscribe
        yield Bench(adder, caller, hub, journal)


async def test_a_call_gets_its_result(bench: Bench) -> None:
    context = Context(id="automation-7")
    command = Command(service="add", arguments={"a": 1, "b": 2}, context=context)
    result = await bench.caller.call("garden", command)
    assert (result.ok, result.data, result.node) == (True, {"sum": 3}, "garden")
    assert result.context == context


async def test_who_asked_is_told_with_the_call(bench: Bench) -> None:
    told = bench.hub.subscribe("lookout/garden/event/command_called")
    for asked_by in ("automation.front_door", None):
        command = Command(service="add", arguments={"a": 1, "b": 2}, asked_by=asked_by)
        assert (await bench.caller.call("garden", command)).ok
        event = parse_event((await anext(told)).payload, event_type="command_called")
        assert event.data.get("asked_by") == asked_by


@pytest.mark.parametrize(
    ("service", "arguments", "code", "words"),
    [
        ("add", {"a": 101}, "bad_arguments", "a = 101"),
        ("add", {"c": 1}, "bad_arguments", "c = 1"),
        ("add", {"b": 13}, "unlucky", "choose another number"),
        ("add", {"b": 14}, "internal_error", "a bug"),
        ("fly", {}, "unknown_service", "fly: this node has add"),
    ],
)
async def test_what_cannot_be_done_is_answered_and_told_as_an_event(
    bench: Bench, service: str, arguments: dict[str, int], code: str, words: str
) -> None:
    failures = bench.hub.subscribe("lookout/garden/event/command_failed")
    result = await bench.caller.call("garden", Command(service=service, arguments=arguments))
    assert not result.ok
    assert result.error is not None
    assert result.error.code == code
    assert words in result.error.message
    assert code.encode() in (await anext(failures)).payload


async def test_bad_json_gets_a_result_and_the_next_command_works(bench: Bench) -> None:
    results = bench.hub.subscribe("lookout/garden/result/broken")
    await bench.hub.publish("lookout/garden/command/broken", b"[1, 2")
    result = parse_result((await anext(results)).payload)
    assert result.error is not None
    assert result.error.code == "bad_request"
    assert (await bench.caller.call("garden", Command(service="add"))).ok


async def test_the_same_id_runs_once_and_gets_the_first_result(bench: Bench) -> None:
    command = Command(service="add", id=new_id(), arguments={"a": 5})
    first = await bench.caller.call("garden", command)
    again = await bench.caller.call("garden", command)
    assert first == again
    assert bench.adder.calls == 1


async def test_an_id_is_remembered_over_a_restart(
    mqtt_settings: Settings, tmp_path: Path, bench: Bench
) -> None:
    command = Command(service="add", id="once", arguments={"a": 7})
    await bench.caller.call("garden", command)
    assert Journal(tmp_path / "journal.json").get("once") is not None


async def test_at_waits_for_its_time(bench: Bench) -> None:
    at = time.time() + 0.4
    await bench.caller.call("garden", Command(service="add", at=at))
    assert time.time() >= at


@pytest.mark.parametrize("identifier", [None, "same"])
async def test_commands_for_next_week_leave_room_for_those_of_now(
    bench: Bench, identifier: str | None
) -> None:
    results = bench.hub.subscribe("lookout/garden/result/add")
    late = Command(service="add", id=identifier, at=time.time() + 600_000)
    for _ in range(MOST_PENDING):
        await bench.hub.publish(TOPICS.command("garden", "add"), late.encode())
    refused = [parse_result((await anext(results)).payload) for _ in range(MOST_PENDING // 2)]
    assert {each.error.code for each in refused if each.error} == {"busy"}
    assert (await bench.caller.call("garden", Command(service="add"))).ok
    again = Command(service="add", id="again", at=late.at)
    result = await bench.caller.call("garden", again)
    assert result.error is not None
    assert result.error.code == "busy"
    assert bench.journal.get("again") is None, "it may be sent again"


async def test_too_late_is_refused(bench: Bench) -> None:
    old = Command(service="add", at=time.time() - 60, ttl=30)
    result = await bench.caller.call("garden", old)
    assert result.error is not None
    assert result.error.code == "expired"
    assert bench.adder.calls == 0


async def test_a_response_topic_gets_the_result_with_its_correlation_data(bench: Bench) -> None:
    replies = bench.hub.subscribe(TOPICS.reply("me"))
    await bench.hub.publish(
        TOPICS.command("garden", "add"),
        b'{"a": 2}',
        response_topic=TOPICS.reply("me"),
        correlation=b"42",
    )
    reply = await anext(replies)
    assert reply.correlation == b"42"
    assert parse_result(reply.payload).data == {"sum": 2}


async def test_a_call_to_all_collects_results(bench: Bench) -> None:
    results = await bench.caller.call_all(Command(service="add"), seconds=0.5)
    assert [result.node for result in results] == ["garden"]


async def test_no_answer_is_a_timeout(bench: Bench) -> None:
    with pytest.raises(TimeoutError):
        await bench.caller.call("barn", Command(service="add"), timeout=0.3)


def test_a_damaged_journal_is_told_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    path.write_bytes(b"\0" * 300)
    journal = Journal(path)
    assert journal.damage
    journal.put("once", Result(ok=True, service="capture", node="garden", id="once"))
    assert not Journal(path).damage
    assert Journal(path).get("once") is not None
