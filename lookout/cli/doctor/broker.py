"""The broker, and which services of the hub say that they are there."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

from lookout.bus.subscription import Subscription
from lookout.cli.connection import Bus
from lookout.cli.doctor.finding import Finding, good, wrong

ANSWER_SECONDS: Final = 3.0  # in which the broker gives what it retains, else it is not there
QUIET_SECONDS: Final = 0.3  # after which nothing more comes, once the needed are there
NEEDED: Final = ("ingest", "events")  # without which nothing is stored, and nothing told
LEAST_PACKET: Final = 1_000_000  # bytes: less is less than a good picture
# Mosquitto's own count since its start (mosquitto(8), "Broker status").
DROPPED: Final = "$SYS/broker/publish/messages/dropped"


async def look(bus: Bus) -> AsyncIterator[Finding]:
    """What there is to see on the bus."""
    statuses, dropped = (
        bus.session.subscribe(each) for each in (f"{bus.topics.root}/hub/+/status", DROPPED)
    )
    said = await _said(statuses)
    largest, where = bus.session.max_packet_size, bus.session.broker
    if largest < LEAST_PACKET:
        yield wrong(
            "broker",
            f"it takes messages of {largest:,} bytes at most, and larger pictures are made "
            "smaller: set max_packet_size in mosquitto.conf to 20000000 or more.",
        )
    else:
        yield good("broker", f"{where.host}:{where.port} lets us in.")
    for count in (message.payload for message in dropped.take_more(len(dropped))):
        if count.isdigit() and int(count):
            yield wrong(
                "broker's queues",
                f"{int(count):,} messages were dropped since its start, because the queue of some "
                "client was full: see that all services of the hub run, and max_queued_messages "
                "and max_queued_bytes in mosquitto.conf.",
            )
    for finding in of_services(said, bus.topics.root):
        yield finding


def of_services(said: Mapping[str, str], root: str) -> Iterator[Finding]:
    """Which are there; `said` is what each said last."""
    for name in sorted(said.keys() | set(NEEDED)):
        match said.get(name):
            case "online":
                yield good(f"service {name}", "it is there, and gets on with its work.")
            case None:
                yield wrong(f"service {name}", f"it was never here: start it ({_start(name)}).")
            case status:
                yield wrong(
                    f"service {name}",
                    f"it says {status}: see its log and start it ({_start(name)}). Where it is to "
                    f"come back never: mosquitto_pub -r -n -t {root}/hub/{name}/status",
                )


def _start(name: str) -> str:
    kind = name.rpartition("_")[0] or name
    return f"`docker compose up -d {kind}`, `lookout hub` or `python -m services.{kind}`"


async def _said(statuses: Subscription) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        seconds = QUIET_SECONDS if found.keys() >= set(NEEDED) else ANSWER_SECONDS
        try:
            message = await asyncio.wait_for(anext(statuses), seconds)
        except TimeoutError:
            return found
        found[message.topic.split("/")[-2]] = message.payload.decode(errors="replace")
