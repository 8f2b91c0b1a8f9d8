"""`lookout call`: any service, of one node or of all."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from pydantic import JsonValue

from lookout.bus.session import Session
from tests.cli.conftest import Cli, StartNode


async def echo(arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {"you_said": dict(arguments)}


async def never(_: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    await asyncio.Event().wait()
    raise AssertionError("never reached")


async def test_shows_the_answer(on_bus: Cli, node: StartNode) -> None:
    async with node("garden", set=echo):
        said = await on_bus("call", "garden", "set", '{"interval": 60}')
    assert '"interval": 60' in said.out
    assert "done" in said.out
    assert (said.code, said.err) == (0, "")


async def test_json_is_the_result_as_the_node_sent_it(on_bus: Cli, node: StartNode) -> None:
    async with node("garden", set=echo):
        said = await on_bus("call", "garden", "set", '{"interval": 60}', "--json")
    assert said.document["ok"] is True
    assert said.document["node"] == "garden"
    assert said.document["data"] == {"you_said": {"interval": 60}}


async def test_all_collects_the_answers_of_every_node(on_bus: Cli, node: StartNode) -> None:
    async with node("garden", identify=echo), node("barn", identify=echo):
        said = await on_bus("call", "all", "identify", "--timeout", "1", "--json")
    assert [result["node"] for result in said.document["results"]] == ["barn", "garden"]
    assert said.code == 0


async def test_all_fails_when_one_of_them_refuses(on_bus: Cli, node: StartNode) -> None:
    async with node("garden", identify=echo), node("barn"):
        said = await on_bus("call", "all", "identify", "--timeout", "1")
    assert said.code == 1
    assert said.err == "1 of 2 nodes refused: barn.\n"
    assert "garden" in said.out


async def test_all_fails_when_nobody_is_there(on_bus: Cli) -> None:
    said = await on_bus("call", "all", "identify", "--timeout", "0.2")
    assert said.code == 1
    assert said.err.startswith("No node answered within 0.2 s")


async def test_an_unknown_service_is_refused_with_those_that_exist(
    on_bus: Cli, node: StartNode
) -> None:
    async with node("garden", identify=echo):
        said = await on_bus("call", "garden", "dance")
    assert said.code == 1
    assert "garden refused dance: dance: this node has identify (unknown_service)" in said.err


async def test_gives_up_after_the_timeout(on_bus: Cli, node: StartNode) -> None:
    async with node("garden", identify=never):
        said = await on_bus("call", "garden", "identify", "--timeout", "0.5", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("garden did not answer identify within 0.5 s")


async def test_a_call_is_left_for_a_node_that_sleeps(
    on_bus: Cli, hub: Session, node: StartNode
) -> None:
    async with node("garden"):
        pass  # it says goodbye
    left = hub.subscribe("lookout/garden/command/set")
    said = await on_bus("call", "garden", "set", '{"interval": 60}', "--leave")
    assert (said.code, said.out, said.err) == (0, "", "")
    message = await anext(left)
    assert json.loads(message.payload)["interval"] == 60
    assert message.expiry is None, "it waits for as long as the broker keeps it"
    said = await on_bus("call", "nosuch", "set", "--leave")
    assert said.err.startswith("No node nosuch is known here")


async def test_what_a_node_says_cannot_steer_the_terminal(on_bus: Cli, node: StartNode) -> None:
    async def evil(_: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        return {"text": "\x1b]0;owned\x07\x9b31m"}

    async with node("garden", identify=evil):
        said = await on_bus("call", "garden", "identify")
    assert said.code == 0
    assert not set(said.out) & {"\x1b", "\x07", "\x9b"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("garden", "set", "{interval: 60}"), "not JSON"),
        (("garden", "set", "[60]"), "JSON object"),
        (("garden", "capture", '{"ttl": -1}'), "ttl"),
        (("garden", "Set/It"), "SERVICE"),
        (("gar+den", "set"), "NODE"),
        (("hub", "set"), "reserved"),
        (("garden",), "SERVICE"),
    ],
)
async def test_wrong_usage_names_what_is_wrong(
    cli: Cli, wrong: tuple[str, ...], named: str
) -> None:
    said = await cli("call", *wrong)
    assert said.code == 2
    assert named in said.err
