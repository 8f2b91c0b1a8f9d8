"""An ingest service as a real process, a hub session to feed it, and Redis to look into."""

from collections.abc import Callable

import pytest

from lookout.bus.session import Session
from lookout.embedded.child import Child


@pytest.fixture
async def ingest(service: Callable[..., Child], hub: Session) -> Child:
    statuses = hub.subscribe("lookout/hub/ingest/status")
    started = service("ingest", LOOKOUT_INGEST__MAX_BYTES="200000")
    while (await anext(statuses)).payload != b"online":
        continue
    return started
