"""`lookout spool`: what waits on this computer, and throwing it away."""

from pathlib import Path

import pytest

from lookout.contract.images import ImageMeta
from services.camera.outbox import spoolfile
from tests.cli.conftest import Cli

JPEG = b"\xff\xd8 some picture \xff\xd9"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the spools of garden (three captures, one damaged) and barn (none)."""
    for node in ("garden", "barn"):
        (tmp_path / "spool" / node).mkdir(parents=True)
    garden = tmp_path / "spool" / "garden"
    (garden / "state.json").write_text("{}")
    for milliseconds in (1_700_000_000_000, 1_700_000_005_000):
        path = spoolfile.path_of(garden, milliseconds)
        spoolfile.write(path, ImageMeta(id=f"garden:{milliseconds}"), JPEG)
    spoolfile.path_of(garden, 1_700_000_009_000).write_bytes(b"\0\0 torn")
    return tmp_path


async def test_shows_every_spool_and_what_is_damaged(cli: Cli, data: Path) -> None:
    said = await cli("spool", "--json", LOOKOUT_DATA=str(data))
    barn, garden = said.document["spools"]
    assert (barn["count"], barn["oldest"], barn["damaged"]) == (0, None, [])
    assert (garden["count"], garden["oldest"]) == (3, 1_700_000_000.0)
    assert garden["newest"] == 1_700_000_009.0
    assert garden["bytes"] > 2 * len(JPEG)
    assert garden["damaged"] == ["001700000009000.capture"]


async def test_shows_one_spool_by_its_node_or_its_path(cli: Cli, data: Path) -> None:
    by_node = await cli("spool", "--node", "garden", LOOKOUT_DATA=str(data))
    by_path = await cli("spool", str(data / "spool" / "garden"))
    for said in (by_node, by_path):
        assert (said.code, said.err) == (0, "")
        assert "damaged: " in said.out
        assert "barn" not in said.out


async def test_the_running_demos_spools_are_found(
    cli: Cli, data: Path, environment: dict[str, str]
) -> None:
    file = Path(environment["XDG_RUNTIME_DIR"]) / "lookout" / "demo.env"
    file.parent.mkdir(parents=True)
    file.write_text(f"LOOKOUT_DATA={data}\n")
    said = await cli("spool", "--node", "garden", "--json")
    assert [each["path"] for each in said.document["spools"]] == [str(data / "spool" / "garden")]


async def test_flush_asks_and_then_leaves_only_the_nodes_own_files(cli: Cli, data: Path) -> None:
    garden = data / "spool" / "garden"
    asked = await cli("spool", "flush", "--node", "garden", LOOKOUT_DATA=str(data))
    assert asked.code == 1
    assert "3 captures" in asked.err
    assert len(list(garden.glob("*.capture"))) == 3
    done = await cli("spool", "flush", "--node", "garden", "--yes", LOOKOUT_DATA=str(data))
    assert (done.code, done.out) == (0, "Removed 3 files.\n")
    assert [path.name for path in garden.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("spool", "/no/such/folder"), "cannot be used: No such file"),
        (("spool", "--node", "No de"), "is not a node name"),
        (("spool", "one", "--node", "two"), "not both"),
    ],
)
async def test_a_spool_that_is_not_there_is_one_sentence(
    cli: Cli, words: tuple[str, ...], told: str
) -> None:
    said = await cli(*words)
    assert said.code == 1
    assert told in said.err
    assert "Traceback" not in said.err


async def test_without_any_spool_it_says_where_it_looked(cli: Cli, tmp_path: Path) -> None:
    said = await cli("spool", LOOKOUT_DATA=str(tmp_path))
    assert said.code == 1
    assert "LOOKOUT_DATA" in said.err
