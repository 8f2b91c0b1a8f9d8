"""`lookout watch`: live lines of what happens."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.commands import Failure, Result
from lookout.contract.hub import Receipt, Rejection
from tests.cli.conftest import TOPICS, start_cli
from tests.support.servers import BrokerServer
from tests.support.warm import Piped

SECONDS = 10.0


class Watching:
    """A running `lookout watch`."""

    def __init__(self, process: Piped) -> None:
        self.process = process

    async def line(self) -> str:
        async with asyncio.timeout(SECONDS):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def document(self) -> Any:
        return json.loads(await self.line())


Watch = Callable[..., AbstractAsyncContextManager[Watching]]


@pytest.fixture
def watch(environment: dict[str, str], broker: BrokerServer, hub: Session) -> Watch:
    """Starts `lookout watch`, and waits until it listens."""

    @asynccontextmanager
    async def start(*arguments: str) -> AsyncIterator[Watching]:
        await hub.publish(TOPICS.status("barn"), "online", retain=True)
        await hub.publish(TOPICS.status("garden"), "online", retain=True)
        merged = environment | {"LOOKOUT_MQTT__URL": broker.url("hub")}
        process = await start_cli("watch", *arguments, environment=merged)
        try:
            yield Watching(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    return start


async def test_shows_statuses_events_results_and_receipts(watch: Watch, hub: Session) -> None:
    result = Result(ok=True, service="capture", node="garden", data={"images": ["garden:1"]})
    refused = Result(
        ok=False, service="set", node="garden", error=Failure(code="busy", message="not now")
    )
    receipt = Receipt(ids=("garden:1",), rejected=(Rejection(id="garden:2", reason="not a JPEG"),))
    async with watch("--node", "garden") as watching:
        assert (await watching.line()).split()[1:] == ["garden", "status", "online"]
        events = EventBus(hub, TOPICS, origin="garden")
        events.fire("light_changed", {"lux": 12.5})
        assert (await watching.line()).split()[1:] == ["garden", "light_changed", "lux=12.5"]
        await hub.publish(TOPICS.result("garden", "capture"), result.encode())
        assert 'garden          capture             done  images=["garden:1"]' in (
            await watching.line()
        )
        await hub.publish(TOPICS.result("garden", "set"), refused.encode())
        assert (await watching.line()).endswith("refused  not now")
        await hub.publish(TOPICS.stored("garden"), receipt.encode())
        assert (await watching.line()).endswith("garden:1, garden:2 rejected: not a JPEG")


async def test_json_has_one_document_on_each_line(watch: Watch, hub: Session) -> None:
    async with watch("--json", "--node", "garden") as watching:
        status = await watching.document()
        assert status["message"] == {"status": "online"}
        event = EventBus(hub, TOPICS, origin="garden").fire("motion_started", {"area": 7})
        document = await watching.document()
    assert (document["node"], document["kind"]) == ("garden", "event")
    assert document["time"] == pytest.approx(event.timestamp)
    assert document["message"]["event_type"] == "motion_started"
    assert document["message"]["data"] == {"area": 7}
    assert document["message"]["context"]["id"] == event.context.id


async def test_shows_every_node_and_the_hub_unless_one_is_named(watch: Watch, hub: Session) -> None:
    await hub.publish(TOPICS.hub_status("ingest"), "online", retain=True)
    async with watch("--json") as watching:
        seen = [await watching.document() for _ in range(3)]
    assert sorted(document["node"] for document in seen) == ["barn", "garden", "hub"]


async def test_goes_on_after_what_it_does_not_understand(watch: Watch, hub: Session) -> None:
    async with watch("--node", "garden") as watching:
        await watching.line()
        await hub.publish(TOPICS.stored("garden"), b"\x1b[2Jnonsense")
        line = await watching.line()
        assert "not understood" in line
        assert "\x1b" not in line
        await hub.publish(TOPICS.status("garden"), "offline")
        assert (await watching.line()).endswith("offline")


async def test_ctrl_c_is_the_usual_way_to_end_it(watch: Watch) -> None:
    async with watch() as watching:
        await watching.line()
        watching.process.send_signal(signal.SIGINT)
        _, err = await watching.process.communicate()
    assert (watching.process.returncode, err) == (0, b"")


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_ends_when_nobody_reads_any_more(
    watch: Watch, hub: Session, options: tuple[str, ...]
) -> None:
    async with watch(*options) as watching:
        await watching.line()
        watching.process.close_stdout()
        async with asyncio.timeout(SECONDS):
            while watching.process.returncode is None:
                await hub.publish(TOPICS.status("garden"), "offline")
                await asyncio.sleep(0.05)
        assert b"Traceback" not in await watching.process.stderr.read()
