"""The fleet bench at a small size: it counts what it should, and says what the system lacks."""

import resource
from pathlib import Path

import pytest

from bench import fleet


@pytest.mark.timeout(90)
async def test_a_small_fleet_loses_and_doubles_nothing(tmp_path: Path) -> None:
    rows = await fleet.measure(tmp_path, 20, seconds=1, interval=1, size=20_000)
    row = rows["20 nodes"]
    assert (row["images"], row["confirmed"]) == (20, 20)
    assert (row["lost"], row["doubled"], row["readings_lost"]) == (0, 0, 0)
    assert (row["online"], row["offline_after"]) == (20, 20)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_thousand_nodes_lose_and_double_nothing(tmp_path: Path) -> None:
    rows = await fleet.measure(tmp_path, 1_000, seconds=30, interval=10, size=50_000)
    row = rows["1000 nodes"]
    assert row["confirmed"] == row["images"] == 3_000
    assert (row["lost"], row["doubled"], row["readings_lost"]) == (0, 0, 0)
    assert (row["online"], row["offline_after"]) == (1_000, 1_000)


def test_more_nodes_than_files_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    with pytest.raises(SystemExit, match=r"5000 open files .* 4096 are allowed .*--nodes"):
        fleet.allow_files(5_000)
