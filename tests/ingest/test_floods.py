"""Readings of one node without end cost no other node's."""

import json
import time
from collections.abc import Callable
from typing import Any

from lookout.bus.session import Session
from lookout.contract.events import parse_event
from lookout.embedded.child import Child
from lookout.store import keys
from tests.support.waiting import eventually

FLOOD, BURST = 400, 100


async def test_what_is_too_much_is_dropped_counted_and_told(
    service: Callable[..., Child], hub: Session, client: Any
) -> None:
    over = hub.subscribe("lookout/garden/event/flood_ended")
    statuses = hub.subscribe("lookout/hub/ingest/status")
    limits = {"READINGS_RATE": "1", "READINGS_BURST": str(BURST)}
    service("ingest", **{f"LOOKOUT_INGEST__{name}": value for name, value in limits.items()})
    while (await anext(statuses)).payload != b"online":
        continue
    now = time.time()
    for number in range(FLOOD):
        body = json.dumps({"timestamp": now - number, "lux": number})
        await hub.publish("lookout/garden/reading", body)
    await hub.publish("lookout/barn/reading", b'{"lux": 1}')
    await eventually(lambda: number_of(client, "barn"))
    told = parse_event((await anext(over)).payload, event_type="flood_ended")
    dropped = told.data["dropped"]
    assert isinstance(dropped, int)
    assert told.data["kind"] == "reading"
    assert dropped + await number_of(client, "garden") == FLOOD
    assert BURST <= await number_of(client, "garden") < FLOOD


async def number_of(client: Any, node: str) -> int:
    found = [key async for key in client.scan_iter(f"{keys.READING_PREFIX}{node}:*", count=1000)]
    return len(found)
