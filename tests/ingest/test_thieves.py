"""A stolen node's password: what it cannot take from the hub and the other nodes."""

from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest

from lookout.bus.own import own_client_id, own_group
from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from tests.support.pictures import numbered_jpeg
from tests.support.stored import hashes
from tests.support.waiting import PATIENCE, eventually

Settings = Callable[[str], Broker]
COUNT = 20
FILTER = "lookout/+/image"


async def _are_stored(client: Any, count: int) -> bool:
    return len(await hashes(client)) == count


async def stolen_share(client: Any, hub: Session, thief: Broker, group: str, seconds: float) -> int:
    """Join a group with eight subscriptions, and count what of `COUNT` pictures is not stored."""
    async with AsyncExitStack() as stack:
        for number in range(8):
            session = Session(thief, f"thief-{number}")
            await stack.enter_async_context(session)
            await session.connected()
            session.subscribe(f"$share/{group}/{FILTER}", retained=False)
            await session.publish("lookout/gate/status", "online")  # after what it asked for
        for number in range(COUNT):
            await hub.publish("lookout/garden/image", numbered_jpeg(number))
        with suppress(AssertionError):
            await eventually(lambda: _are_stored(client, COUNT), seconds)
        return COUNT - len(await hashes(client))


async def test_a_node_takes_no_share_of_the_pictures(
    ingest: Child, hub: Session, client: Any, mqtt_settings: Settings
) -> None:
    assert await stolen_share(client, hub, mqtt_settings("gate"), "ingest", PATIENCE) == 0


async def test_who_has_the_hubs_group_takes_a_share(
    ingest: Child, hub: Session, client: Any, mqtt_settings: Settings
) -> None:
    """So the one above can fail: this is what a group that can be guessed would cost."""
    group = own_group(mqtt_settings("hub"), "ingest")
    assert await stolen_share(client, hub, mqtt_settings("gate"), group, 2) > 0


@pytest.mark.parametrize("name", ["ingest", "events", "garden"])
def test_a_client_id_ends_in_a_mark_of_its_owner(mqtt_settings: Settings, name: str) -> None:
    own, other = (own_client_id(mqtt_settings(user), name) for user in ("hub", "gate"))
    assert own == own_client_id(mqtt_settings("hub"), name)
    assert own.startswith(f"lookout-{name}-")
    assert own != other
    assert own_client_id(Broker(url="mqtt://127.0.0.1"), name) == f"lookout-{name}"


async def test_a_node_cannot_throw_ingest_out(
    ingest: Child, hub: Session, client: Any, mqtt_settings: Settings
) -> None:
    statuses = hub.subscribe("lookout/hub/ingest/status", retained=False)
    thief = mqtt_settings("gate")
    for client_id in ("lookout-ingest", own_client_id(thief, "ingest")):
        async with Session(thief, client_id) as session:
            await session.connected()
            await session.publish("lookout/gate/status", "online")
            await hub.publish("lookout/garden/image", numbered_jpeg(len(client_id)))
    await eventually(lambda: _are_stored(client, 2))
    assert not len(statuses)  # neither `offline` by its will nor `online` again
