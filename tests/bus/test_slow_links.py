"""A link on which a picture takes longer than the keep-alive, and two clients of one name."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import pytest

from lookout.bus import double
from lookout.bus.double import CALM_SECONDS, FEWEST, LONGEST_GUESS, LONGEST_PAUSE, Double
from lookout.bus.errors import GivenUp
from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from tests.support.proxy import Proxy
from tests.support.servers import BrokerServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(180)
KEEPALIVE = 5  # seconds, the least
RATE = 15_000  # bytes a second, a farm's radio
SECONDS = 12  # that the picture needs: the broker lets go after one and a half keep-alives


@pytest.fixture
async def link(broker: BrokerServer) -> AsyncIterator[Proxy]:
    async with Proxy(broker.port) as proxy:
        yield proxy


@pytest.fixture
def slow(broker: BrokerServer, link: Proxy) -> Callable[[str], Broker]:
    def settings(user: str) -> Broker:
        url = broker.url(user).replace(str(broker.port), str(link.port))
        return Broker(url=url, keepalive=KEEPALIVE)

    return settings


async def test_while_bytes_flow_a_connection_lives(
    hub: Session, link: Proxy, slow: Callable[[str], Broker]
) -> None:
    images = hub.subscribe("lookout/garden/image")
    picture = os.urandom(RATE * SECONDS)
    async with Session(slow("garden"), "lookout-garden") as session:
        await session.connected()
        connects: list[int] = []
        session.on_connect(lambda: connects.append(1))
        link.slow(rate=RATE)
        await session.publish("lookout/garden/image", picture)
        assert connects == [1]
        assert session.taken >= len(picture)
        await link.mend()
    assert (await anext(images)).payload == picture


async def test_a_link_on_which_nothing_flows_is_noticed(
    link: Proxy, slow: Callable[[str], Broker]
) -> None:
    async with Session(slow("garden"), "lookout-garden") as session:
        await session.connected()
        link.stall()
        sending = asyncio.create_task(session.publish("lookout/garden/image", os.urandom(500_000)))
        await eventually(lambda: not session.is_connected, 12 * KEEPALIVE)
        await link.mend()
        await sending  # it is sent again, from its beginning


async def test_what_is_given_up_is_not_sent_again(
    hub: Session, link: Proxy, slow: Callable[[str], Broker]
) -> None:
    images = hub.subscribe("lookout/garden/image")
    events = hub.subscribe("lookout/garden/event/x")
    async with Session(slow("garden"), "lookout-garden") as session:
        await session.connected()
        link.slow(rate=RATE)
        sending = asyncio.create_task(
            session.publish("lookout/garden/image", os.urandom(RATE * 100))
        )
        await eventually(lambda: session.taken > RATE, 30)
        session.post("lookout/garden/event/x", b"behind it")
        session.give_up("lookout/garden/image", "it takes hours")
        with pytest.raises(GivenUp, match="hours"):
            await sending
        await link.mend()
        await eventually(lambda: session.is_connected, 30)
        await session.publish("lookout/garden/image", b"smaller")
    assert (await anext(images)).payload == b"smaller"
    assert (await anext(events)).payload == b"behind it"
    assert not len(images)


async def test_two_of_one_name_are_told_once_each_and_do_not_fight(
    hub: Session, mqtt_settings: Callable[[str], Broker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(double, "FIRST_PAUSE", 2.0)
    events = hub.subscribe("lookout/garden/event/+")
    connects: list[int] = []
    settings = mqtt_settings("garden")
    async with (
        Session(settings, "lookout-garden") as one,
        Session(settings, "lookout-garden") as two,
    ):
        for session in (one, two):
            EventBus(session, Topics(), origin="garden").tell_of_doubles("garden")
            session.on_connect(lambda: connects.append(1))
        told = [await anext(events), await anext(events)]
        assert {each.topic.rpartition("/")[2] for each in told} == {"name_taken"}
        assert b"copied SD card" in told[0].payload
        before = len(connects)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4):
                await anext(events)
        assert len(connects) - before <= 2
    assert before <= 12


def test_it_is_over_when_nobody_threw_us_out_for_long() -> None:
    said: list[bool] = []
    one = Double()
    one.tell = said.append
    now = 1000.0
    for _ in range(20):
        one.thrown_out(now)
        assert one.pause(now) <= LONGEST_PAUSE
        now += 10
        one.look(now)
    assert said == [True]
    one.look(now + CALM_SECONDS)
    assert said == [True, False]
    one.thrown_out(now + 3 * CALM_SECONDS)
    assert len(said) == 2, f"{FEWEST} times, or it is a process that is just ending"


def test_a_broker_that_is_restarted_again_and_again_keeps_nobody_away_for_minutes() -> None:
    """It closes without a word, as old Mosquittos do for a second of one name."""
    one = Double()
    now = 1000.0
    for _ in range(20):
        one.closed(now)
        assert one.pause(now) <= LONGEST_GUESS
        now += 20
    one.thrown_out(now)
    assert one.pause(now) == LONGEST_PAUSE, "here the broker says that it is another one"


def test_a_broker_that_is_away_when_we_come_again_was_no_second_one() -> None:
    one = Double()
    for now in (1000.0, 1001.0, 1002.0):
        one.closed(now)
    before = one.pause(1002.0)
    one.closed(1010.0)
    assert one.pause(1010.0) > before
    one.is_away()
    one.is_away()
    assert one.pause(1010.0) == before
