"""`lookout node remove`: forget a node that is no more."""

import asyncio
from contextlib import suppress
from typing import Annotated

import typer

from lookout.bus.homeassistant import config_topic
from lookout.bus.topics import BadTopic, Topics, check_node
from lookout.cli import connection
from lookout.cli.connection import Bus, Trouble

app = typer.Typer(help="On the hub: one node.", no_args_is_help=True)

ANSWER_SECONDS = 1.0  # in which the broker gives what it retains


@app.callback()
def node() -> None:
    """On the hub: one node."""


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NODE")],
    prefix: Annotated[
        str, typer.Option(help="Home Assistant's discovery prefix")
    ] = "homeassistant",
) -> None:
    """Take a node out of Home Assistant, of the broker's memory and of the list of nodes.

    Its pictures and events stay until they expire.
    """
    connection.run(_remove(name, prefix))


async def _remove(name: str, prefix: str) -> None:
    from lookout.store.nodes import Nodes  # lazily: see images.py

    try:
        check_node(name)
    except BadTopic as error:
        raise Trouble(str(error)) from None
    async with connection.broker() as bus, connection.redis() as client:
        if await _status(bus, name) == b"online":
            raise Trouble(f"{name} is online: stop it first, or it will be back at once.")
        for topic in _retained(bus.topics, name, prefix):
            await bus.session.publish(topic, b"", retain=True)
        known = await Nodes(client).remove(name)
    print(
        f"{name} is removed." if known else f"The hub did not know {name}; nothing is left of it."
    )
    print("Its pictures and events stay until they expire. Take its password from the broker, too.")


async def _status(bus: Bus, name: str) -> bytes:
    """What the broker says of the node; empty where it says nothing."""
    statuses = bus.session.subscribe(bus.topics.status(name))
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            return (await anext(statuses)).payload
    return b""


def _retained(topics: Topics, name: str, prefix: str) -> tuple[str, ...]:
    """All that a broker keeps of a node; Home Assistant is told first."""
    return (
        config_topic(prefix, name),
        topics.preview(name),
        topics.reading(name),
        topics.detection(name),
        topics.info(name),
        topics.status(name),
    )
