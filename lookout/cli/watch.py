"""`lookout watch`: what happens, line by line, as it happens."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from lookout.bus.subscription import Message, Subscription
from lookout.cli import connection, tables
from lookout.cli.call import node_argument
from lookout.contract.commands import parse_result
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.events import parse_event
from lookout.contract.hub import parse_receipt
from lookout.contract.nodes import parse_status
from lookout.contract.topics import Address, Topics
from lookout.contract.wire import now
from lookout.host.tasks import cancel

_STYLES: Final = {"event": "cyan", "status": "green", "hub_status": "green", "result": "magenta"}
_NODE_WIDTH, _WHAT_WIDTH = 14, 18  # columns; longer ones push the rest to the right


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `what` and `text` are for people, `message` for programs."""

    time: float
    node: str
    kind: str
    what: str
    text: str
    message: Any

    def document(self) -> dict[str, Any]:
        return {"time": self.time, "node": self.node, "kind": self.kind, "message": self.message}

    def words(self) -> Text:
        stamp = tables.clock(self.time).rpartition(" ")[2]
        return Text.assemble(
            (f"{stamp}  ", "dim"),
            (f"{tables.printable(self.node):<{_NODE_WIDTH}}  ", "bold"),
            (f"{tables.printable(self.what):<{_WHAT_WIDTH}}  ", _STYLES.get(self.kind, "")),
            tables.printable(self.text),
        )


HAPPENINGS: Final = ("event", "result", "stored")  # what is retained of these is old


def watch(
    node: Annotated[
        str | None, typer.Option(metavar="NODE", help="of this node only", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="print one JSON document on each line")
    ] = False,
) -> None:
    """Show events, statuses, results and receipts as they come, until Ctrl-C."""
    wanted = node_argument(node) if node is not None else None
    with suppress(KeyboardInterrupt):  # the usual way to end it
        connection.run(_watch(wanted, as_json), log_level="warning")


async def _watch(wanted: str | None, as_json: bool) -> None:
    async with connection.broker() as bus:
        topics = bus.topics
        subscriptions = [
            *(bus.session.subscribe(topics.every(kind), retained=False) for kind in HAPPENINGS),
            *map(bus.session.subscribe, (topics.every("status"), topics.every_hub_status())),
        ]
        show = _show_json if as_json else _show_words()
        tasks = [
            asyncio.create_task(
                _follow(each, topics, wanted, show), name=f"watch {each.topic_filter}"
            )
            for each in subscriptions
        ]
        try:
            # Not a TaskGroup: a reader that went away (`| head`) must end us as a BrokenPipeError.
            await asyncio.gather(*tasks)
        finally:
            await cancel(*tasks)


async def _follow(
    subscription: Subscription, topics: Topics, wanted: str | None, show: Callable[[Line], None]
) -> None:
    async for message in subscription:
        line = read(topics, message)
        if line is not None and wanted in (None, line.node):
            show(line)


def _show_json(line: Line) -> None:
    tables.print_json_line(line.document())


def _show_words() -> Callable[[Line], None]:
    console = tables.console()

    def show(line: Line) -> None:
        # By print, because rich ends the process in its own way when the reader has gone.
        with console.capture() as capture:
            console.print(line.words(), soft_wrap=True)
        print(capture.get(), end="", flush=True)

    return show


def read(topics: Topics, message: Message) -> Line | None:
    """What a message tells; None where its topic is not one of ours."""
    try:
        address = topics.parse(message.topic)
    except BadTopic:
        return None
    try:
        return _READERS[address.kind](address, message.payload)
    except BadMessage as error:
        text = message.payload[:200].decode(errors="replace")
        return Line(now(), address.node, address.kind, "not understood", str(error), text)


def _read_status(address: Address, payload: bytes) -> Line:
    status = parse_status(payload)
    if address.kind == "status":
        return Line(now(), address.node, "status", "status", status, {"status": status})
    message = {"service": address.name, "status": status}
    return Line(now(), address.node, "hub_status", f"{address.name} status", status, message)


def _read_event(address: Address, payload: bytes) -> Line:
    event = parse_event(payload, event_type=address.name or "")
    text, message = _pairs(event.data), event.model_dump(mode="json")
    return Line(event.timestamp, address.node, "event", event.event_type, text, message)


def _read_result(address: Address, payload: bytes) -> Line:
    result = parse_result(payload)
    outcome = f"done  {_pairs(result.data)}" if result.ok else "refused"
    if result.error is not None:
        outcome = f"refused  {result.error.message}"
    message = result.model_dump(mode="json")
    return Line(now(), address.node, "result", result.service, outcome, message)


def _read_receipt(address: Address, payload: bytes) -> Line:
    receipt = parse_receipt(payload)
    parts = [*receipt.ids, *(f"{each.id} rejected: {each.reason}" for each in receipt.rejected)]
    message = receipt.model_dump(mode="json")
    return Line(now(), address.node, "stored", "stored", ", ".join(parts), message)


_READERS: Final[dict[str, Callable[[Address, bytes], Line]]] = {
    "status": _read_status,
    "hub_status": _read_status,
    "event": _read_event,
    "result": _read_result,
    "stored": _read_receipt,
}


def _pairs(data: Mapping[str, Any]) -> str:
    return "  ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in data.items()
    )
