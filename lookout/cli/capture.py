"""`lookout capture`: let a node take pictures, and wait until the hub has them on disk."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final

import typer
from pydantic import JsonValue

from lookout.bus.subscription import Subscription
from lookout.cli import connection, tables
from lookout.cli.call import ask, calling, check_online, node_argument, refusal
from lookout.cli.connection import Bus, Trouble
from lookout.contract.commands import Command, Result
from lookout.contract.errors import BadMessage
from lookout.contract.hub import parse_receipt
from lookout.contract.wire import new_id
from lookout.host.tasks import cancel

SECONDS: Final = 30.0  # default timeout, and one more for each picture and pause


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be captured, and how long that may take (seconds)."""

    node: str
    arguments: dict[str, JsonValue]
    timeout: float

    def command(self) -> Command:
        return Command(service="capture", id=new_id(), ttl=self.timeout, arguments=self.arguments)


def capture(
    node: Annotated[str, typer.Argument(metavar="NODE", help="a node's name")],
    count: Annotated[int, typer.Option(min=1, max=100, help="how many pictures")] = 1,
    pause: Annotated[float | None, typer.Option(min=0, help="seconds between them")] = None,
    quality: Annotated[int | None, typer.Option(min=1, max=100, help="JPEG quality")] = None,
    wait: Annotated[
        bool, typer.Option(help="wait until the hub has stored them, and print their ids")
    ] = True,
    timeout: Annotated[
        float | None, typer.Option(min=0.1, help="seconds to wait; 30 and some for each picture")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Let a node take pictures now, and print their ids once the hub has stored them."""
    given = {"count": count, "pause": pause, "quality": quality}
    arguments: dict[str, JsonValue] = {k: value for k, value in given.items() if value is not None}
    patience = timeout or SECONDS + count * (1 + (pause or 0))
    order = Order(node_argument(node), arguments, patience)
    connection.run(_capture_and_wait(order, as_json) if wait else _send(order, as_json))


async def _send(order: Order, as_json: bool) -> None:
    command = order.command()
    async with connection.broker() as bus:
        await check_online(bus, order.node)
        topic = bus.topics.command(order.node, command.service)
        await bus.session.publish(topic, command.encode(), expiry=max(1, round(order.timeout)))
    if as_json:
        tables.print_json({"node": order.node, "command": command.id})


async def _capture_and_wait(order: Order, as_json: bool) -> None:
    async with (
        connection.broker() as bus,
        receipts(bus, order.node) as news,
        calling(bus) as caller,
    ):
        await check_online(bus, order.node)
        result = await ask(caller, order.node, order.command(), order.timeout)
        if not result.ok:
            raise Trouble(refusal(result))
        try:
            async with asyncio.timeout(order.timeout):
                outcome = await _confirmed(result, news)
        except TimeoutError:
            raise Trouble(_unconfirmed(order)) from None
    outcome.show(as_json)


async def _confirmed(result: Result, news: "Receipts") -> "Outcome":
    images, failed = result.data.get("images"), result.data.get("failed")
    taken = [str(identifier) for identifier in images] if isinstance(images, list) else []
    fates = await news.fates(taken)
    return Outcome(result.node, fates, failed if isinstance(failed, int) else 0)


def _unconfirmed(order: Order) -> str:
    return (
        f"The hub did not confirm the pictures of {order.node} within {order.timeout:g} s; the "
        "node keeps them until it does. Is ingest running? If it only is slow: --timeout."
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the pictures: id -> None when stored, else why the hub rejected it."""

    node: str
    fates: dict[str, str | None]
    failed: int  # pictures that the camera could not take

    def show(self, as_json: bool) -> None:
        """Print the new ids. Raises Trouble when not everything went well."""
        stored = [identifier for identifier, why in self.fates.items() if why is None]
        rejected = {identifier: why for identifier, why in self.fates.items() if why is not None}
        if as_json:
            refused = [{"id": identifier, "reason": why} for identifier, why in rejected.items()]
            known = {"node": self.node, "images": stored, "rejected": refused}
            tables.print_json({**known, "failed": self.failed})
        else:
            for identifier in stored:
                print(tables.printable(identifier))
        if rejected:
            whys = "; ".join(f"{identifier}: {why}" for identifier, why in rejected.items())
            raise Trouble(tables.printable(f"The hub rejected {whys}."))
        if self.failed or not stored:
            raise Trouble(
                f"{self.node} failed to take {self.failed or 'any'} of the pictures: see its log."
            )


class Receipts:
    """What the hub has told of a node's pictures since we listen."""

    def __init__(self) -> None:
        self._fates: dict[str, str | None] = {}  # image id -> None, or why it was rejected
        self._news = asyncio.Event()

    async def listen(self, subscription: Subscription) -> None:
        """Take receipts until cancelled."""
        async for message in subscription:
            try:
                receipt = parse_receipt(message.payload)
            except BadMessage:
                continue  # not from our hub; without a receipt we are told of the timeout
            self._fates |= dict.fromkeys(receipt.ids)
            self._fates |= {each.id: each.reason for each in receipt.rejected}
            self._news.set()

    async def fates(self, identifiers: Collection[str]) -> dict[str, str | None]:
        """Wait until the hub has spoken of each: None is stored, else why it was rejected."""
        while not self._fates.keys() >= set(identifiers):
            self._news.clear()
            await self._news.wait()
        return {identifier: self._fates[identifier] for identifier in identifiers}


@asynccontextmanager
async def receipts(bus: Bus, node: str) -> AsyncIterator[Receipts]:
    """Listen to the receipts of a node, from before its capture on."""
    found = Receipts()
    subscription = bus.session.subscribe(bus.topics.stored(node), retained=False)
    listening = asyncio.create_task(found.listen(subscription), name="receipts")
    try:
        yield found
    finally:
        await cancel(listening)
        bus.session.unsubscribe(subscription)
