"""Disks that take not a byte more, under Redis and under the spool."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.store import keys
from lookout.store.errors import StoreAway
from tests.support.hub import Hub, watching_hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.servers import StoreServer, make_store
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.stored import RECOVERY, all_is_stored, nothing_lost_nothing_doubled
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 32) as disk:
        yield disk


@pytest.fixture
async def redis_server(disk: SmallDisk) -> AsyncIterator[StoreServer]:
    """A Redis whose append-only file is on the small disk."""
    async with make_store(disk.folder) as server:
        yield server


async def test_a_full_disk_under_redis_refuses_no_capture_and_confirms_none(
    disk: SmallDisk, mqtt_settings: Settings, data: Path, service: Callable[..., Child], client: Any
) -> None:
    service("ingest")
    source = RecordingSource()
    settings = node_settings(mqtt_settings("garden"), data)
    async with running_node(settings, source):
        await eventually(lambda: client.exists(keys.IMAGES_STREAM))
        disk.fill()
        await eventually(lambda: takes_nothing(client))
        before = len(source.taken)
        await eventually(lambda: len(source.taken) >= before + 5)
        assert len(list(settings.spool_path.glob("*.capture"))) >= 5
        disk.free()
        await all_is_stored(client, source)
        assert await client.xlen(keys.REJECTED_STREAM) == 0
        await eventually(lambda: not list(settings.spool_path.glob("*.capture")), RECOVERY)


async def takes_nothing(client: Any) -> bool:
    try:
        await client.set("probe", "1")
    except StoreAway:
        return True
    return False


@pytest.fixture
async def listener(mqtt_settings: Settings) -> AsyncIterator[Hub]:
    async with watching_hub(mqtt_settings("hub")) as hub:
        yield hub


async def test_a_full_disk_under_the_spool_loses_nothing_while_the_hub_takes_it(
    tmp_path: Path,
    mqtt_settings: Settings,
    data: Path,
    service: Callable[..., Child],
    client: Any,
    listener: Hub,
) -> None:
    service("ingest")
    source = RecordingSource()
    with small_disk(tmp_path / "spool", 4) as disk:
        spool = {"path": disk.folder, "resend_after": 1.0}
        settings = node_settings(mqtt_settings("garden"), data, spool=spool)
        async with running_node(settings, source):
            await eventually(lambda: client.exists(keys.IMAGES_STREAM))
            disk.fill()
            before = len(source.taken)
            await eventually(lambda: len(source.taken) >= before + 8)
            disk.free()
            source.failing = "enough"
            await eventually(lambda: nothing_lost_nothing_doubled(client, source), RECOVERY)
        assert listener.fired("spool_dropped") == []
