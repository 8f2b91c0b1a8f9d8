"""Wrong clocks, of the hub and of a node, set while captures run: real processes, libfaketime.

The truth is the kernel's word for each file renamed into the spool, by the clock of the test.
"""

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.store import keys
from lookout.store.images import Images
from lookout.store.index import ensure_indexes
from lookout.store.search import Cursor, Query
from services.camera.outbox import spoolfile
from tests.faults.system import CAMERA
from tests.support.fake_clock import FakeClock, needs_faketime
from tests.support.folder_watch import FolderWatch
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300)
DAY = 86_400.0
BORN = -time.time()  # a clock in 1970
RIGHT_SECONDS = 15.0  # a busy machine between a capture, its file and a receipt
RECOVERY = 90.0
EACH = 6  # captures with each setting of the clocks

# What the hub's clock, and the node's, are ahead of the time, one after the other.
STORIES: dict[str, tuple[tuple[float, float], ...]] = {
    "the hub three days behind": ((-3 * DAY, 0), (0, 0)),
    "the hub an hour behind": ((-3600, 0), (0, 0)),
    "the hub 400 days ahead": ((400 * DAY, 0), (0, 0)),
    "the node three days behind": ((0, -3 * DAY), (0, 0)),
    "the node an hour behind": ((0, -3600), (0, 0)),
    "the node 400 days ahead": ((0, 400 * DAY), (0, 0)),
    "the node in 1970": ((0, BORN), (0, 0)),
    "both wrong": ((-3 * DAY, BORN), (-3 * DAY, 0), (0, 0)),
    "both an hour behind": ((0, 0), (-3600, -3600), (0, 0)),
    "the hub jumps": ((0, 0), (400 * DAY, 0), (0, 0), (-3600, 0), (0, 0)),
    "the node jumps": ((0, 0), (0, 400 * DAY), (0, -3600), (0, BORN), (0, 0)),
    "both jump": ((0, 0), (-3600, 3600), (400 * DAY, -3 * DAY), (0, 0)),
}


@dataclass
class Truth:
    """Every capture of the node: its id, when its file was there, its bytes."""

    taken: dict[str, float] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def renamed(self, path: Path) -> None:
        if path.suffix != spoolfile.SUFFIX:
            return
        identifier = f"garden:{int(path.stem)}"
        assert identifier not in self.taken, f"{identifier} is used twice"
        self.taken[identifier] = time.time()
        try:
            self.digests[identifier] = hashlib.sha256(spoolfile.read(path)[1]).hexdigest()
        except FileNotFoundError:  # confirmed within a moment
            return

    async def more(self, number: int) -> None:
        goal = len(self.taken) + number
        await eventually(lambda: len(self.taken) >= goal, 60)


@pytest.fixture
async def truth(data: Path) -> AsyncIterator[Truth]:
    needs_faketime()
    spool(data).mkdir(parents=True)
    truth = Truth()
    with FolderWatch(spool(data), truth.renamed):
        yield truth


def spool(data: Path) -> Path:
    return data / "spool" / "garden"


@pytest.mark.slow  # the single steps of each are in tests/ingest/test_clocks.py
@pytest.mark.parametrize("story", STORIES)
async def test_every_capture_is_stored_once_and_ends_with_its_time(
    story: str,
    truth: Truth,
    tmp_path: Path,
    data: Path,
    service: Callable[..., Child],
    client: Any,
) -> None:
    steps = STORIES[story]
    hub = FakeClock(tmp_path / "hub.clock", steps[0][0])
    node = FakeClock(tmp_path / "node.clock", steps[0][1])
    old_log = data / "logs" / f"events-{datetime.now(UTC) - timedelta(days=300):%Y-%m-%d}.log"
    old_log.parent.mkdir(exist_ok=True)
    old_log.write_text("a line\n")
    for name in ("ingest", "events"):
        service(name, **hub.environment)
    camera = {**CAMERA, "LOOKOUT_CAPTURE__INTERVAL": "0.3", "LOOKOUT_NODE": "garden"}
    taking = service("camera", user="garden", **camera, **node.environment)
    for hub_ahead, node_ahead in steps:
        hub.set(hub_ahead)
        node.set(node_ahead)
        await truth.more(EACH)
    await taking.stop(12)
    wanted = dict(truth.taken)
    # Once more, so that the hub hears of the node's clock after the last capture.
    taking.start()
    await eventually(lambda: all_stored_and_dated(client, wanted, truth), RECOVERY)
    await taking.stop(12)

    found = await in_order(client)
    waiting = {f"garden:{int(path.stem)}" for path in spool(data).glob(f"*{spoolfile.SUFFIX}")}
    assert len(found) == len(set(found))
    assert set(wanted) <= set(found) <= set(truth.taken)
    assert set(truth.taken) - set(found) <= waiting  # taken as the node stopped
    known = sorted(found, key=lambda each: truth.taken[each])
    places = {identifier: place for place, identifier in enumerate(found)}
    for earlier, later in pairwise(known):
        if truth.taken[later] - truth.taken[earlier] > RIGHT_SECONDS:
            assert places[earlier] < places[later]
    assert not await client.xlen(keys.REJECTED_STREAM)
    assert old_log.exists()


async def all_stored_and_dated(client: Any, wanted: dict[str, float], truth: Truth) -> bool:
    """Whether each is there with its bytes, and the time at which it was taken."""
    for identifier, taken in wanted.items():
        timestamp, data, by, node_time, hub_time = await client.hmget(
            keys.image(identifier), "timestamp", "image_data", "dated_by", "node_time", "hub_time"
        )
        assert timestamp is not None, f"{identifier} is not there"
        if identifier in truth.digests:
            assert hashlib.sha256(data).hexdigest() == truth.digests[identifier]
        off = float(timestamp) - taken
        assert abs(off) < RIGHT_SECONDS, f"{identifier}: {off:.1f} s off, dated by {by}"
        assert by is None or (node_time and hub_time), "both times are kept"
    return True


async def in_order(client: Any) -> list[str]:
    """The ids as the gallery pages through them, oldest first."""
    await ensure_indexes(client)
    images, found, cursor = Images(client), [], None
    while True:
        page = await images.page(Query(descending=False, limit=50, cursor=cursor))
        found += [row["id"] for row in page.rows]
        if page.next is None:
            return found
        cursor = Cursor.decode(page.next)
