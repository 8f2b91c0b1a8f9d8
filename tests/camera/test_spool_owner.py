"""A spool belongs to one node: to its name, and to one process at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lookout.bus.session import Session
from lookout.host.run import Unusable
from lookout.host.settings import Broker
from services.camera import service
from services.camera.outbox.owner import NAME, owned
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node


def test_a_spool_is_taken_again_by_its_own_node_only(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    for _ in range(2):
        with owned(folder, "garden"):
            pass
    refused = pytest.raises(Unusable, match="belongs to the node garden: give gate a spool")
    with refused, owned(folder, "gate"):
        pytest.fail("gate has garden's spool")
    (folder / NAME).unlink()
    with owned(folder, "gate"):
        assert (folder / NAME).read_text() == "gate"


def test_a_spool_is_one_processes(tmp_path: Path) -> None:
    refused = pytest.raises(Unusable, match="in use by another process")
    with owned(tmp_path, "garden"), refused, owned(tmp_path, "garden"):
        pytest.fail("two have it")


def test_a_folder_that_cannot_be_written_is_the_spools_own_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with owned(tmp_path / "file" / "spool", "garden"):
        pass


async def test_two_nodes_on_one_spool_do_not_mix(
    mqtt_settings: Callable[[str], Broker], data: Path, hub: Hub
) -> None:
    spool = {"path": data / "spool"}
    garden = node_settings(mqtt_settings("garden"), data, spool=spool)
    barn = node_settings(mqtt_settings("barn"), data, spool=spool, node="barn")
    async with running_node(garden, RecordingSource()):
        await hub.first("info")
        async with Session(mqtt_settings("barn"), "barn") as session:
            with pytest.raises(Unusable, match="in use by another process"):
                await service.run(barn, session, RecordingSource())
