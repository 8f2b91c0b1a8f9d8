"""A sender without a spool, such as an ESP32, has only the broker's word: that must hold."""

from collections.abc import Callable
from typing import Any

import pytest

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from tests.support.pictures import numbered_jpeg
from tests.support.servers import StoreServer
from tests.support.stored import hashes
from tests.support.waiting import eventually


class Esp32:
    """Sends plain pictures and forgets each when the broker has taken it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.sent: list[bytes] = []

    async def send(self, number: int) -> None:
        for _ in range(number):
            self.sent.append(numbered_jpeg(len(self.sent)))
            await self._session.publish("lookout/esp32/image", self.sent[-1])


@pytest.fixture
async def ingest(service: Callable[..., Child], hub: Session) -> Child:
    statuses = hub.subscribe("lookout/hub/ingest/status")
    started = service("ingest")
    while (await anext(statuses)).payload != b"online":
        continue
    return started


@pytest.mark.own_servers
async def test_what_ingest_had_in_hand_when_it_was_killed_is_stored_once(
    ingest: Child,
    redis_server: StoreServer,
    mqtt_settings: Callable[[str], Broker],
    client: Any,
) -> None:
    async with Session(mqtt_settings("esp32"), "esp32") as session:
        await session.connected()
        sender = Esp32(session)
        await sender.send(3)
        await eventually(lambda: stored_once(client, sender.sent))
        redis_server.freeze()
        await sender.send(40)  # in ingest's hands, which cannot write them
        await ingest.kill()
        redis_server.thaw()
        ingest.start()
        await sender.send(3)
        await eventually(lambda: stored_once(client, sender.sent), 30)


async def stored_once(client: Any, sent: list[bytes]) -> bool:
    found = sorted(fields[b"image_data"] for fields in (await hashes(client)).values())
    return found == sorted(sent)
