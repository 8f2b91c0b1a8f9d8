"""The limit of open files: raised at start, told once when it is near."""

import asyncio
import resource

import pytest

from lookout.host import descriptors
from lookout.host.tasks import cancel
from tests.support.waiting import eventually


def test_the_soft_limit_is_raised_as_far_as_the_system_grants() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert descriptors.raise_limit() > 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_it_is_told_once_when_it_is_near_and_once_when_that_is_over(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descriptors, "LOOK_SECONDS", 0.01)
    counts = [10, 95, 97, 85, 95, 10, 10]
    said: list[int] = []

    def count() -> int:
        said.append(counts[min(len(said), len(counts) - 1)])
        return said[-1]

    watching = asyncio.create_task(descriptors.watch(100, count), name="watch")
    await eventually(lambda: len(said) > len(counts))
    await cancel(watching)
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if "LimitNOFILE" in line]) == 1
    assert len([line for line in lines if "working again" in line]) == 1
