"""What nobody may let the broker retain is taken out again, and told."""

import asyncio
import json
from collections.abc import Callable

import pytest

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from services.events import retained as retained_module
from services.events.retained import GROWN, SWEEP_SECONDS, Retained
from tests.support.servers import BrokerServer

MINE = {"status": b"offline", "info": b"{}", "preview": b"x", "reading": b"{}", "detection": b"{}"}


async def fill(garden: Session, number: int) -> None:
    for start in range(0, number, 100):
        await asyncio.gather(
            *(
                garden.publish(f"lookout/garden/result/r{each}", b"kept for ever", retain=True)
                for each in range(start, min(number, start + 100))
            )
        )


async def retained_topics(settings: Broker) -> set[str]:
    async with Session(settings, "looks") as session:
        everything = session.subscribe("lookout/#")
        await session.connected()
        found = set()
        try:
            async with asyncio.timeout(1):
                async for message in everything:
                    found |= {message.topic} if message.retain else set()
        except TimeoutError:
            return found
    raise AssertionError


async def test_only_the_closed_list_stays_and_each_node_is_told_of_once(
    broker: BrokerServer,
    hub: Session,
    mqtt_settings: Callable[[str], Broker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retained_module, "QUIET_SECONDS", 1.0)
    told = hub.subscribe("lookout/+/event/retained_cleared")
    retained = Retained(mqtt_settings("hub"), Topics(), EventBus(hub, Topics(), origin="hub"))
    async with Session(mqtt_settings("garden"), "garden") as garden:
        await garden.connected()
        for kind, payload in MINE.items():
            await garden.publish(f"lookout/garden/{kind}", payload, retain=True)
        await fill(garden, 1_500)
        await garden.publish("lookout/garden/image", b"a plain JPEG", retain=True)
        await garden.publish("lookout/garden/event/noise", b"{}", retain=True)
        await garden.publish("lookout/hub/reply/somebody", b"{}", retain=True)

        assert (await retained.sweep()).total() == 1_503
        left = await retained_topics(mqtt_settings("hub"))
        assert left == {f"lookout/garden/{kind}" for kind in MINE}

        await fill(garden, 30)
        await retained.look()
        message = await anext(told)
        assert message.topic == "lookout/garden/event/retained_cleared"
        assert json.loads(message.payload)["data"] == {"count": 30}
        await fill(garden, 20)
        retained._count = GROWN + 1_000
        await retained.look()
        assert len(told) == 0, "it was told already"
        assert await retained.sweep() == {}
    assert SWEEP_SECONDS > 60
