"""`lookout capture`: pictures on demand, and the truth about what became of them."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
from pydantic import JsonValue

from lookout.bus.commands import CommandFailed
from lookout.bus.session import Session
from lookout.contract.hub import Receipt, Rejection
from lookout.embedded.child import Child
from lookout.host.settings import Redis
from lookout.store.client import opened
from lookout.store.images import Images
from tests.cli.conftest import TOPICS, Cli, Handler, StartNode

IDS: list[JsonValue] = ["garden:1750000000001", "garden:1750000000002"]


def taking(*ids: JsonValue, failed: int = 0) -> Handler:
    """A capture service whose pictures have these ids."""

    async def capture(_: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        return {"images": list(ids), "failed": failed}

    return capture


def storing(hub: Session, receipt: Receipt, *ids: JsonValue) -> Handler:
    """The same, with a hub whose receipt is out before the node has even answered."""

    async def capture(_: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        await hub.publish(TOPICS.stored("garden"), receipt.encode())
        return {"images": list(ids)}

    return capture


async def test_prints_the_ids_of_the_new_pictures_once_they_are_stored(
    on_bus: Cli, hub: Session, node: StartNode
) -> None:
    receipt = Receipt(ids=tuple(map(str, IDS)))
    async with node("garden", capture=storing(hub, receipt, *IDS)):
        said = await on_bus("capture", "garden", "--count", "2")
    assert said.out.split() == IDS
    assert (said.code, said.err) == (0, "")


async def test_passes_count_pause_and_quality_to_the_node(on_bus: Cli, node: StartNode) -> None:
    asked: dict[str, JsonValue] = {}

    async def capture(arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        asked.update(arguments)
        raise CommandFailed("busy", "not now")

    async with node("garden", capture=capture):
        await on_bus("capture", "garden", "--count", "3", "--pause", "0.5", "--quality", "70")
    assert asked == {"count": 3, "pause": 0.5, "quality": 70}


async def test_json_is_one_document(on_bus: Cli, hub: Session, node: StartNode) -> None:
    receipt = Receipt(ids=(str(IDS[0]),))
    async with node("garden", capture=storing(hub, receipt, IDS[0])):
        said = await on_bus("capture", "garden", "--json")
    assert said.document == {"node": "garden", "images": IDS[:1], "rejected": [], "failed": 0}


async def test_does_not_take_another_pictures_receipt_for_its_own(
    on_bus: Cli, hub: Session, node: StartNode
) -> None:
    receipt = Receipt(ids=("garden:1",))
    async with node("garden", capture=storing(hub, receipt, IDS[0])):
        said = await on_bus("capture", "garden", "--timeout", "1")
    assert said.code == 1
    assert "did not confirm" in said.err
    assert "--timeout" in said.err
    assert said.out == ""


async def test_says_why_the_node_refused(on_bus: Cli, node: StartNode) -> None:
    async def capture(_: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        raise CommandFailed("capture_failed", "the camera is unplugged")

    async with node("garden", capture=capture):
        said = await on_bus("capture", "garden")
    assert said.err == "garden refused capture: the camera is unplugged (capture_failed)\n"
    assert (said.code, said.out) == (1, "")


async def test_says_why_the_hub_rejected_a_picture_and_prints_the_others(
    on_bus: Cli, hub: Session, node: StartNode
) -> None:
    rejected = (Rejection(id=str(IDS[1]), reason="not a JPEG"),)
    receipt = Receipt(ids=(str(IDS[0]),), rejected=rejected)
    async with node("garden", capture=storing(hub, receipt, *IDS)):
        said = await on_bus("capture", "garden", "--count", "2")
    assert said.err == f"The hub rejected {IDS[1]}: not a JPEG.\n"
    assert said.out.split() == IDS[:1]
    assert said.code == 1


async def test_tells_how_many_pictures_the_camera_failed_to_take(
    on_bus: Cli, hub: Session, node: StartNode
) -> None:
    async with node("garden", capture=taking(failed=2)):
        said = await on_bus("capture", "garden", "--count", "2")
    assert said.code == 1
    assert said.err.startswith("garden failed to take 2 of the pictures")


async def test_gives_up_on_a_node_that_does_not_answer(on_bus: Cli, node: StartNode) -> None:
    async def capture(_: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        await asyncio.Event().wait()
        raise AssertionError("never reached")

    async with node("garden", capture=capture):
        said = await on_bus("capture", "garden", "--timeout", "0.5")
    assert said.code == 1
    assert said.err.startswith("garden did not answer capture within 0.5 s")


async def test_asks_no_node_that_is_offline(on_bus: Cli, node: StartNode) -> None:
    async with node("garden"):
        pass  # it says goodbye
    said = await on_bus("capture", "garden")
    assert said.code == 1
    assert said.err.startswith("garden is offline and was not asked")


async def test_knows_no_node_that_was_never_there(on_bus: Cli) -> None:
    said = await on_bus("capture", "garden")
    assert said.code == 1
    assert said.err.startswith("No node garden is known here")


async def test_no_wait_returns_when_the_broker_has_the_command(
    on_bus: Cli, node: StartNode
) -> None:
    asked = asyncio.Event()

    async def capture(_: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError("never reached")

    async with node("garden", capture=capture):
        said = await on_bus("capture", "garden", "--no-wait", "--json")
        assert said.document["node"] == "garden"
        assert said.code == 0
        async with asyncio.timeout(30):
            await asked.wait()


@pytest.mark.parametrize(
    "wrong",
    [("../etc",), ("all",), ("garden", "--count", "0"), ("garden", "--count", "101"), ()],
    ids=" ".join,
)
async def test_wrong_usage_ends_with_code_2(cli: Cli, wrong: tuple[str, ...]) -> None:
    said = await cli("capture", *wrong)
    assert said.code == 2
    assert said.out == ""


async def test_a_real_camera_and_a_real_hub_agree(
    on_bus: Cli, hub: Session, service: Callable[..., Child], redis_url: str
) -> None:
    service("ingest")
    statuses = hub.subscribe(TOPICS.hub_status("ingest"))
    async with asyncio.timeout(20):
        while (await anext(statuses)).payload != b"online":
            continue
    service(
        "camera",
        user="garden",
        LOOKOUT_NODE="garden",
        LOOKOUT_CAMERA__SOURCE="synthetic",
        LOOKOUT_CAMERA__RESOLUTION="320x240",
        LOOKOUT_CAPTURE__INTERVAL="0",
    )
    async with asyncio.timeout(20):
        while (said := await on_bus("capture", "garden", "--count", "2")).code:
            assert "is known here" in said.err or "is offline" in said.err, said.err
    first, second = said.out.split()
    async with opened(Redis(url=redis_url)) as client:
        for identifier in (first, second):
            image = await Images(client).get(identifier)
            assert image is not None
            assert (image["node"], image["trigger"]) == ("garden", "command")
