"""A crew lives and dies together, also with members that swallow a cancel."""

import asyncio
import time

import pytest

from lookout.host import tasks
from lookout.host.tasks import Crew, cancel


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "INSIST_SECONDS", 0.05)


async def stubborn(swallow: int) -> None:
    """Goes on after so many cancels, as code above Python 3.11's wait_for does."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            swallow -= 1
            if swallow < 0:
                raise


async def dies() -> None:
    await asyncio.sleep(0)
    raise KeyError("dead")


async def test_the_death_of_one_ends_all_though_another_swallows_its_cancel() -> None:
    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.timeout(30):
            async with Crew() as crew:
                crew.start(stubborn(2), "stubborn")
                crew.start(dies(), "dies")
    assert isinstance(ended.value.exceptions[0], KeyError)


async def test_a_crew_that_is_cancelled_insists_too() -> None:
    async def work() -> None:
        async with Crew() as crew:
            crew.start(stubborn(2), "stubborn")

    task = asyncio.create_task(work(), name="work")
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=30)
    assert done
    assert task.cancelled()


async def test_a_crew_ends_when_all_its_work_is_done() -> None:
    async with asyncio.timeout(30), Crew() as crew:
        crew.start(asyncio.sleep(0), "one")
        crew.start(asyncio.sleep(0), "two")


async def test_work_may_be_started_later() -> None:
    done: list[str] = []

    async def later() -> None:
        done.append("later")

    async def first(crew: Crew) -> None:
        await asyncio.sleep(0)
        crew.start(later(), "later")

    async with asyncio.timeout(30), Crew() as crew:
        crew.start(first(crew), "first")
    assert done == ["later"]


async def test_cancel_ends_a_task_that_swallows_cancels() -> None:
    task = asyncio.create_task(stubborn(3), name="stubborn")
    await asyncio.sleep(0)
    began = time.monotonic()
    await cancel(task)
    assert task.done()
    assert time.monotonic() - began < 10
