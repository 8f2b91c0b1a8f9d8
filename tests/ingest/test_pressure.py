"""When Redis is nearly full that is told: as an event, and as a state for whoever asks later."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.store.memory import memory
from tests.support.waiting import PATIENCE

STATE = "lookout/hub/ingest/info"


async def test_the_state_is_retained_and_each_change_is_an_event(
    service: Callable[..., Child], hub: Session, client: Any
) -> None:
    states = hub.subscribe(STATE)
    events = hub.subscribe("lookout/hub/event/storage_pressure")
    async with asyncio.timeout(PATIENCE):
        service("ingest", {"services.ingest.upkeep.CHECK_SECONDS": 0.2})
        assert json.loads((await anext(states)).payload) == {"pressure": False}
        await client.config_set("maxmemory", round((await memory(client)).used / 0.82))
        assert json.loads((await anext(states)).payload) == {"pressure": True}
        assert json.loads((await anext(events)).payload)["data"]["state"] == "high"
        async with Session(hub.broker, "a later visitor") as later:
            message = await anext(later.subscribe(STATE))
        assert (message.retain, json.loads(message.payload)) == (True, {"pressure": True})
        await client.config_set("maxmemory", 0)
        assert json.loads((await anext(states)).payload) == {"pressure": False}
        assert json.loads((await anext(events)).payload)["data"]["state"] == "normal"
