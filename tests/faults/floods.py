"""One sender that floods the hub beside the cameras, which must lose nothing by it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from lookout.bus.session import Session
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from tests.faults.faults import Fault
from tests.support.pictures import numbered_jpeg
from tests.support.servers import BrokerServer

FLOODER = "flooder"  # a node of its own, which no harness records
AT_ONCE = 50  # messages on their way
MOST = 4_000  # of one flood
Send = Callable[[Session, int], Awaitable[None]]


class Flood:
    """Sends at full speed from `begin` to `end`."""

    def __init__(self, broker: BrokerServer, send: Send) -> None:
        self._broker = broker
        self._send = send
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        self._task = asyncio.create_task(self._flood(), name="flood")

    async def end(self) -> None:
        if self._task is not None:
            await cancel(self._task)

    async def _flood(self) -> None:
        first = time.time_ns()
        async with Session(Broker(url=self._broker.url("hub")), f"flood-{first}") as session:
            await session.connected()
            for start in range(0, MOST, AT_ONCE):
                numbers = range(first + start, first + start + AT_ONCE)
                sent = (self._send(session, number) for number in numbers)
                await asyncio.gather(*sent, return_exceptions=True)


async def _event(session: Session, number: int) -> None:
    body = json.dumps({"number": number, "words": "x" * 5_000})
    await session.publish(f"lookout/{FLOODER}/event/noise", body)


async def _retained(session: Session, number: int) -> None:
    await session.publish(f"lookout/{FLOODER}/result/r{number}", b"x" * 500, retain=True)


async def _tiny_picture(session: Session, number: int) -> None:
    properties = {
        "id": f"{FLOODER}:{number // 1_000_000}",
        "meta": json.dumps({"words": "x" * 8_000}),
    }
    await session.publish(
        f"lookout/{FLOODER}/image", numbered_jpeg(number, owner=FLOODER), properties=properties
    )


def of_flood(broker: BrokerServer) -> list[Fault]:
    """Events, retained messages that nobody may retain, tiny pictures with much beside them."""
    kinds = {"events": _event, "retained": _retained, "tiny pictures": _tiny_picture}
    floods = {kind: Flood(broker, send) for kind, send in kinds.items()}
    return [Fault("flood", f"of {kind}", each.begin, each.end) for kind, each in floods.items()]
