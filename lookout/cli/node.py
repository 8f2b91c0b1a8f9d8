"""`lookout node remove` and `rename`: a node that is no more, or has another name."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from lookout.cli import connection
from lookout.cli.connection import Bus, Trouble
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.nodes import parse_info
from lookout.contract.topics import Topics, check_node
from lookout.homeassistant.discovery import MIGRATE, config_topic, name_of_device

if TYPE_CHECKING:
    from lookout.store.client import Client

app = typer.Typer(help="On the hub: one node.", no_args_is_help=True)

ANSWER_SECONDS = 1.0  # in which the broker gives what it retains
MOVING_SECONDS = 60  # after which the broker forgets that a device was on the move

Prefix = Annotated[str, typer.Option(help="Home Assistant's discovery prefix")]


@app.callback()
def node() -> None:
    """On the hub: one node."""


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NODE")],
    prefix: Prefix = "homeassistant",
) -> None:
    """Take a node out of Home Assistant, of the broker's memory and of the list of nodes.

    Its pictures and events stay until they expire.
    """
    connection.run(_remove(name, prefix))


@app.command()
def rename(
    name: Annotated[str, typer.Argument(metavar="NODE")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    prefix: Prefix = "homeassistant",
) -> None:
    """Let a stopped node come back under another name, as the same device of Home Assistant.

    Its pictures and events stay under the old name until they expire.
    """
    connection.run(_rename(name, new, prefix))


async def _remove(name: str, prefix: str) -> None:
    _check(name)
    async with connection.broker() as bus, connection.redis() as client:
        if await _is_online(bus, name):
            raise Trouble(f"{name} is online: stop it first, or it will be back at once.")
        await bus.session.publish(config_topic(prefix, name), b"", retain=True)
        known = await _forget(bus, client, name)
    print(
        f"{name} is removed." if known else f"The hub did not know {name}; nothing is left of it."
    )
    print("Its pictures and events stay until they expire. Take its password from the broker, too.")


async def _rename(name: str, new: str, prefix: str) -> None:
    _check(name, new)
    async with connection.broker() as bus, connection.redis() as client:
        for each in (name, new):
            if await _is_online(bus, each):
                raise Trouble(f"{each} is online: stop the node first. Start it when this is done.")
        topic = config_topic(prefix, name)
        first = name_of_device(await _said(bus, topic)) or name
        waiting = _waiting(await _said(bus, bus.topics.info(name)))
        # Not emptied but forgotten by the broker: Home Assistant warns of an empty one here.
        await bus.session.publish(topic, MIGRATE, retain=True, expiry=MOVING_SECONDS)
        await _forget(bus, client, name)
    if waiting:
        print(
            f"{waiting} pictures waited in its spool when it was last heard of, with the old name."
        )
        print(f"Start it as {name} once more until they are sent, or the hub will refuse them.")
    print(f"{name} can come back as {new}. At the node, before you start it:")
    print(f"  in lookout.yaml   node: {new}   and   homeassistant: {{known_as: {first}}}")
    print(f"  at the broker     a password for {new}")
    print("Its pictures and events stay under the old name until they expire.")


def _check(*names: str) -> None:
    try:
        for name in names:
            check_node(name)
    except BadTopic as error:
        raise Trouble(str(error)) from None
    if len(set(names)) != len(names):
        raise Trouble("The new name is the old one: give two names.")


async def _is_online(bus: Bus, name: str) -> bool:
    return await _said(bus, bus.topics.status(name)) == b"online"


async def _said(bus: Bus, topic: str) -> bytes:
    """What the broker retains; empty where that is nothing."""
    messages = bus.session.subscribe(topic)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return (await anext(messages)).payload
    except TimeoutError:
        return b""
    finally:
        bus.session.unsubscribe(messages)


def _waiting(info: bytes) -> int:
    """How many pictures a node said were in its spool."""
    with suppress(BadMessage):
        return parse_info(info).spool_depth or 0
    return 0


async def _forget(bus: Bus, client: "Client", name: str) -> bool:
    """Take a node out of the broker's memory and of the list; whether it was on that."""
    from lookout.store.nodes import Nodes  # lazily: see images.py

    for topic in _retained(bus.topics, name):
        await bus.session.publish(topic, b"", retain=True)
    return await Nodes(client).remove(name)


def _retained(topics: Topics, name: str) -> tuple[str, ...]:
    """What a broker keeps of a node besides its announcement."""
    return (
        topics.preview(name),
        topics.reading(name),
        topics.detection(name),
        topics.info(name),
        topics.status(name),
    )
