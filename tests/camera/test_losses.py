"""Lost captures are told at once, then in sums: the counts of all events are what was lost."""

import asyncio
from typing import Any

import pytest

from lookout.host.tasks import cancel
from services.camera.outbox import losses
from services.camera.outbox.losses import Losses
from tests.support.waiting import eventually


class Said:
    """Takes events."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def fire(self, event_type: str, data: dict[str, Any]) -> None:
        assert event_type == "spool_dropped"
        self.counts.append(data["count"])


async def test_the_first_loss_is_told_at_once_and_others_as_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(losses, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(losses, "FIRST_PAUSE", 0.2)
    said: Any = Said()
    told = Losses(said, _pause=0.2)
    task = asyncio.create_task(told.run(), name="losses")
    for _ in range(100):
        told.note(1, "the spool is full")
    assert said.counts == [1]
    await eventually(lambda: len(said.counts) == 2)
    assert said.counts == [1, 99]
    told.note(5, "the spool is full")
    await cancel(task)
    assert sum(said.counts) == 105, "what is not told yet is told at the end"
