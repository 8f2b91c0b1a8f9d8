"""`lookout call`: call any service of a node, or of all nodes."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Final

import typer
from rich.text import Text

from lookout.bus.caller import Caller
from lookout.cli import connection, tables
from lookout.cli.connection import Bus, Trouble
from lookout.contract.commands import Command, Result, parse_command
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.nodes import Status, parse_status
from lookout.contract.topics import ALL, check_node
from lookout.host.tasks import cancel

COLUMNS = ("Node", "Outcome", "Answer")
STATUS_SECONDS: Final = 2.0  # a retained status comes at once
ONE_SECONDS, ALL_SECONDS = 30.0, 5.0  # default timeouts: of one node the answer, of all what comes


def call(
    node: Annotated[str, typer.Argument(metavar="NODE", help="a node's name, or all")],
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="capture, set, identify, ...")],
    arguments: Annotated[
        str, typer.Argument(metavar="JSON", help="""such as '{"interval": 60}'""")
    ] = "{}",
    timeout: Annotated[
        float | None,
        typer.Option(min=0.1, help="seconds to wait: 30, or 5 for the answers of all nodes"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
    leave: Annotated[
        bool, typer.Option("--leave", help="for a node that sleeps: do not wait for its answer")
    ] = False,
) -> None:
    """Call a service of a node and show its answer. With NODE `all`: of every node."""
    command = _command(service, arguments)
    if leave:
        connection.run(_leave(node_argument(node), command))
    elif node == ALL:
        connection.run(_call_all(command, timeout or ALL_SECONDS, as_json))
    else:
        connection.run(_call_one(node_argument(node), command, timeout or ONE_SECONDS, as_json))


def node_argument(name: str) -> str:
    """A node's name as typed; a wrong one is wrong usage."""
    try:
        return check_node(name)
    except BadTopic as error:
        raise typer.BadParameter(str(error), param_hint="NODE") from None


def _command(service: str, arguments: str) -> Command:
    try:
        return parse_command(service, arguments.encode(), {})
    except BadTopic as error:
        raise typer.BadParameter(str(error), param_hint="SERVICE") from None
    except BadMessage as error:
        raise typer.BadParameter(str(error), param_hint="JSON") from None


async def _call_one(node: str, command: Command, timeout: float, as_json: bool) -> None:
    async with connection.broker() as bus, calling(bus) as caller:
        await check_online(bus, node)
        result = await ask(caller, node, command, timeout)
    if as_json or result.error is None:
        _show([result], document=result.model_dump(mode="json") if as_json else None)
    if result.error is not None:
        raise Trouble(refusal(result))


async def _leave(node: str, command: Command) -> None:
    """The broker keeps it until the node is there; without a `ttl` of its own for any time."""
    async with connection.broker() as bus:
        await status_of(bus, node)
        expiry = None if command.ttl is None else max(1, round(command.ttl))
        topic = bus.topics.command(node, command.service)
        await bus.session.publish(topic, command.encode(), expiry=expiry)


async def _call_all(command: Command, seconds: float, as_json: bool) -> None:
    async with connection.broker() as bus, calling(bus) as caller:
        results = await caller.call_all(_expiring(command, seconds), seconds=seconds)
    results = sorted(results, key=lambda result: result.node)
    document = {"results": [result.model_dump(mode="json") for result in results]}
    _show(results, document=document if as_json else None)
    if not results:
        raise Trouble(f"No node answered within {seconds:g} s: see `lookout nodes`.")
    if failed := [result.node for result in results if not result.ok]:
        raise Trouble(f"{len(failed)} of {len(results)} nodes refused: {', '.join(failed)}.")


@asynccontextmanager
async def calling(bus: Bus) -> AsyncIterator[Caller]:
    """A caller that hears the results of what it calls."""
    caller = Caller(bus.session, bus.topics)
    listening = asyncio.create_task(caller.listen(), name="results")
    await asyncio.sleep(0)  # it subscribes before the first call
    try:
        yield caller
    finally:
        await cancel(listening)


async def check_online(bus: Bus, node: str) -> None:
    """Raises Trouble when nobody would answer, so that nobody waits in vain."""
    if await status_of(bus, node) != "online":
        raise Trouble(
            f"{node} is offline and was not asked: is it powered, and on the network? "
            "(`lookout call --leave` leaves a call for a node that sleeps.)"
        )


async def status_of(bus: Bus, node: str) -> Status:
    """What the node said last. Raises Trouble where it never said anything."""
    subscription = bus.session.subscribe(bus.topics.status(node))
    try:
        async with asyncio.timeout(STATUS_SECONDS):
            return parse_status((await anext(subscription)).payload)
    except TimeoutError:
        raise Trouble(
            f"No node {node} is known here: see `lookout nodes` for those that are."
        ) from None
    except BadMessage as error:
        raise Trouble(f"{node} has a status that is none: {error}.") from None
    finally:
        bus.session.unsubscribe(subscription)


async def ask(caller: Caller, node: str, command: Command, timeout: float) -> Result:
    """The node's result. Raises Trouble when none comes in time."""
    try:
        return await caller.call(node, _expiring(command, timeout), timeout=timeout)
    except TimeoutError:
        raise Trouble(
            f"{node} did not answer {command.service} within {timeout:g} s: "
            "try again, or give it longer with --timeout."
        ) from None


def refusal(result: Result) -> str:
    """Why the node did not do it, as a sentence."""
    error = result.error
    why = f"{error.message} ({error.code})" if error else "it did not say why"
    return tables.printable(f"{result.node} refused {result.service}: {why}")


def _expiring(command: Command, seconds: float) -> Command:
    """Without a time to live of its own, a command dies with our patience."""
    return command if command.ttl else command.model_copy(update={"ttl": seconds})


def _show(results: Sequence[Result], *, document: object) -> None:
    if document is not None:
        tables.print_json(document)
    else:
        rows = [(result.node, _outcome(result), _answer(result)) for result in results]
        tables.print_table(COLUMNS, rows)


def _outcome(result: Result) -> Text:
    return Text("done", style="green") if result.ok else Text("refused", style="red")


def _answer(result: Result) -> str:
    if result.error is not None:
        return result.error.message
    return json.dumps(result.data, ensure_ascii=False) if result.data else tables.NOTHING
