"""One connection that mends itself, on a real Mosquitto."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
import pytest

from lookout.bus.errors import BusError, NotConnected, Refused, TooLarge
from lookout.bus.session import Session
from lookout.bus.subscription import Message, Subscription
from lookout.host.settings import Broker
from tests.support.servers import BrokerServer
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]


async def first(session: Session, topic_filter: str, seconds: float = 5.0) -> Message:
    async with asyncio.timeout(seconds):
        return await anext(aiter(session.subscribe(topic_filter)))


async def test_a_message_arrives_with_its_properties(reading: None, hub: Session) -> None:
    waiting = asyncio.create_task(first(hub, "lookout/garden/image"))
    await asyncio.sleep(0)  # let it subscribe
    await hub.publish("lookout/garden/image", b"bytes", properties={"lux": "5", "id": "x"})
    message = await waiting
    assert (message.payload, message.properties) == (b"bytes", {"lux": "5", "id": "x"})


async def test_a_byte_order_mark_in_a_property_does_not_end_every_connection(hub: Session) -> None:
    """With paho's reading it does, again and again: the broker keeps the message for us."""
    messages = hub.subscribe("lookout/garden/image")
    for value in ("\ufeff", "after it"):
        await hub.publish("lookout/garden/image", b"bytes", properties={"lens": value})
    async with asyncio.timeout(30):
        seen = [(await anext(messages)).properties["lens"] for _ in range(2)]
    assert seen == ["\ufeff", "after it"]


async def test_presence_is_online_then_offline_after_a_goodbye(
    hub: Session, mqtt_settings: Settings
) -> None:
    statuses = hub.subscribe("lookout/garden/status")
    async with Session(mqtt_settings("garden"), "garden", presence="lookout/garden/status"):
        assert (await anext(statuses)).payload == b"online"
    assert (await anext(statuses)).payload == b"offline"


@pytest.mark.own_servers
async def test_what_is_posted_while_the_broker_is_away_arrives_in_order(
    broker: BrokerServer, mqtt_settings: Settings
) -> None:
    async with (
        Session(mqtt_settings("hub"), "receiver", session_expiry=60) as receiver,
        Session(mqtt_settings("hub"), "sender") as sender,
    ):
        received = receiver.subscribe("lookout/garden/event/x")
        await receiver.connected()
        await sender.connected()
        later = receiver.subscribe("lookout/garden/info")
        await sender.publish("lookout/garden/info", b"{}", retain=True)
        await anext(later)  # so the broker knows of the subscription before it stops
        await broker.stop()
        await eventually(lambda: not sender.is_connected and not receiver.is_connected)
        for number in range(5):
            sender.post("lookout/garden/event/x", str(number))
        await broker.start()
        async with asyncio.timeout(20):
            seen = [(await anext(received)).payload for _ in range(5)]
    assert seen == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.own_servers
async def test_subscriptions_are_made_anew_after_a_broker_without_memory(
    broker: BrokerServer, mqtt_settings: Settings
) -> None:
    async with Session(mqtt_settings("hub"), "listener") as listener:
        messages = listener.subscribe("lookout/garden/reading")
        await listener.connected()
        await broker.kill()
        await eventually(lambda: not listener.is_connected)
        await broker.start()
        async with asyncio.timeout(20):
            await listener.connected()
            await listener.publish("lookout/garden/reading", b"again")
            assert (await anext(messages)).payload == b"again"


async def test_an_unacknowledged_message_comes_again(
    reading: None, mqtt_settings: Settings, hub: Session
) -> None:
    async with Session(mqtt_settings("hub"), "worker", session_expiry=60) as worker:
        messages = worker.subscribe("lookout/garden/image", auto_ack=False)
        await worker.connected()
        await hub.publish("lookout/garden/image", b"one")
        assert (await anext(messages)).payload == b"one"
    async with Session(mqtt_settings("hub"), "worker", session_expiry=60) as worker:
        messages = worker.subscribe("lookout/garden/image", auto_ack=False)
        again = await anext(messages)
        assert (again.payload, again.dup) == (b"one", True)
        again.ack()
    async with Session(mqtt_settings("hub"), "worker", session_expiry=60) as worker:
        messages = worker.subscribe("lookout/garden/image", auto_ack=False)
        await worker.connected()
        await hub.publish("lookout/garden/image", b"two")
        assert (await anext(messages)).payload == b"two"


async def test_overlapping_subscriptions_each_get_a_message_once(hub: Session) -> None:
    wide, narrow, same = (
        hub.subscribe(each)
        for each in ("lookout/+/reading", "lookout/garden/reading", "lookout/+/reading")
    )
    for number in range(3):
        await hub.publish("lookout/garden/reading", str(number))
    await hub.publish("lookout/barn/reading", b"end")
    for subscription, expected in ((wide, b"012end"), (same, b"012end"), (narrow, b"012")):
        seen = b""
        while len(seen) < len(expected):
            seen += (await anext(subscription)).payload
        assert seen == expected
        assert len(subscription) == 0


async def test_no_more_than_the_receive_maximum_is_in_hand(
    mqtt_settings: Settings, hub: Session
) -> None:
    async with Session(mqtt_settings("hub"), "slow", receive_maximum=3) as slow:
        messages = slow.subscribe("lookout/garden/image", auto_ack=False)
        await slow.connected()
        for number in range(10):
            await hub.publish("lookout/garden/image", str(number))
        held = [await anext(messages) for _ in range(3)]
        assert len(messages) == 0
        held[0].ack()
        assert (await anext(messages)).payload == b"3"


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"most_bytes": 99, "most_messages": 5}
    monkeypatch.setattr(Subscription.__init__, "__kwdefaults__", limits)


async def test_a_slow_receiver_holds_the_broker_back_and_loses_nothing(
    reading: None, mqtt_settings: Settings, hub: Session, little_room: None
) -> None:
    async with Session(mqtt_settings("hub"), "slow", session_expiry=60) as slow:
        messages = slow.subscribe("lookout/garden/image", auto_ack=False)
        await slow.connected()
        for number in range(100):
            await hub.publish("lookout/garden/image", f"{number:03d}")
        await eventually(lambda: messages.is_full)
        assert len(messages) <= 10
        seen = []
        async with asyncio.timeout(20):
            for _ in range(100):
                message = await anext(messages)
                message.ack()
                seen.append(int(message.payload))
    assert seen == list(range(100))


@pytest.mark.slow
async def test_a_receiver_that_stalls_for_long_stays_connected(
    broker: BrokerServer, hub: Session, little_room: None, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Broker(url=broker.url("hub"), keepalive=5)
    async with Session(settings, "stalled", session_expiry=60) as stalled:
        messages = stalled.subscribe("lookout/garden/image", auto_ack=False)
        await stalled.connected()
        for number in range(50):
            await hub.publish("lookout/garden/image", str(number))
        await eventually(lambda: messages.is_full)
        await asyncio.sleep(12)  # more than twice the keepalive: there is nothing to wait for
        for _ in range(50):
            (await anext(messages)).ack()
        assert stalled.is_connected
    assert "away" not in capsys.readouterr().out


async def test_a_node_cannot_speak_for_another(mqtt_settings: Settings) -> None:
    async with Session(mqtt_settings("garden"), "garden") as garden:
        await garden.connected()
        await garden.publish("lookout/garden/image", b"mine")
        with pytest.raises(Refused, match="Not authorized"):
            await garden.publish("lookout/barn/image", b"not mine")


async def test_a_session_that_is_closed_while_it_connects_does_not_come_back(
    hub: Session, mqtt_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    made: list[Any] = []
    create = paho.Client._create_socket

    def slowly(client: paho.Client) -> Any:
        begun.set()
        go_on.wait(20)
        made.append(create(client))
        return made[0]

    statuses = hub.subscribe("lookout/garden/status")
    with monkeypatch.context() as patch:
        patch.setattr(paho.Client, "_create_socket", slowly)
        session = Session(mqtt_settings("garden"), "garden", presence="lookout/garden/status")
        try:
            async with session:
                await eventually(begun.is_set)
        finally:
            go_on.set()
        await eventually(lambda: made and made[0].fileno() < 0)
    assert not session.is_connected
    async with Session(mqtt_settings("garden"), "garden") as another:
        await another.connected()
        await another.publish("lookout/garden/status", "the next one")
    assert (await anext(statuses)).payload == b"the next one"


async def test_publishing_without_a_connection_says_so(mqtt_settings: Settings) -> None:
    nowhere = Broker(url="mqtt://127.0.0.1:1")
    async with Session(nowhere, "lost") as session:
        with pytest.raises(NotConnected):
            await session.publish("lookout/a/image", b"")


async def test_wrong_credentials_are_told_and_tried_again(
    broker: BrokerServer, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Broker(url=f"mqtt://hub:wrong-password@127.0.0.1:{broker.port}")
    async with Session(wrong, "intruder") as session:
        out = await eventually(lambda: capsys.readouterr().out)
        assert "Not authorized" in out
        assert "wrong-password" not in out
        assert not session.is_connected


async def test_a_message_larger_than_the_broker_takes_is_refused_here(hub: Session) -> None:
    assert hub.max_packet_size < 100_000_000  # the broker told its own limit
    with pytest.raises(TooLarge, match="at most"):
        await hub.publish("lookout/garden/image", b"x" * hub.max_packet_size)
    assert hub.is_connected


async def test_the_outbox_is_bounded_and_counts_what_it_drops() -> None:
    async with Session(Broker(url="mqtt://127.0.0.1:1"), "lost", outbox=10) as session:
        for number in range(25):
            session.post("lookout/a/event/x", str(number))
        assert session.dropped == 15


@pytest.mark.own_servers
async def test_waiting_publishers_are_told_when_the_session_ends(
    broker: BrokerServer, mqtt_settings: Settings
) -> None:
    async with Session(mqtt_settings("hub"), "short") as session:
        await session.connected()
        await broker.stop()
        pending = asyncio.create_task(_publish_until_error(session))
        await asyncio.sleep(0)
    assert isinstance(await pending, BusError)


async def _publish_until_error(session: Session) -> BusError:
    try:
        while True:
            await session.publish("lookout/garden/event/x", b"x")
    except BusError as error:
        return error
