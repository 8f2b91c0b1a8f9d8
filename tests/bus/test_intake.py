"""The loop over messages: nothing that arrives, and nothing a handler does, ends it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from lookout.bus.intake import Intake, Received
from lookout.bus.subscription import Message, Subscription
from lookout.bus.suspects import Suspects
from lookout.contract.errors import BadMessage
from lookout.contract.topics import Topics
from lookout.host.tasks import cancel
from tests.support.waiting import eventually

TOPICS = Topics()


class Notes:
    """What was set aside."""

    def __init__(self) -> None:
        self.refused_reasons: list[str] = []
        self.failures: list[BaseException | None] = []

    async def refused(self, message: Message, error: BadMessage) -> None:
        self.refused_reasons.append(str(error))

    async def failed(self, message: Message, error: BaseException | None) -> None:
        self.failures.append(error)


def reading(payload: bytes, acked: list[bytes], *, dup: bool = False) -> Message:
    return Message(
        TOPICS.reading("garden"), payload, dup=dup, acknowledge=lambda: acked.append(payload)
    )


@pytest.fixture
def messages() -> Subscription:
    return Subscription("#", 1, auto_ack=False, room_changed=lambda: None)


async def test_the_next_message_is_handled_whatever_happens_to_the_one_before(
    messages: Subscription,
) -> None:
    acked: list[bytes] = []
    handled: list[float] = []
    notes = Notes()

    async def handle(received: Received) -> None:
        lux = received.model.metrics["lux"]
        if lux == 2:
            raise RecursionError("nobody expected this")
        handled.append(lux)

    payloads = [b'{"lux":1}', b"not json", b'{"lux":2}', b"", b'{"lux":3}']
    for payload in payloads:
        messages.put(reading(payload, acked))
    work = asyncio.create_task(Intake(TOPICS, notes).each("readings", messages, handle), name="w")
    await eventually(lambda: acked == payloads)
    await cancel(work)

    assert handled == [1, 3]
    assert len(notes.refused_reasons) == 1
    assert isinstance(notes.failures[0], RecursionError)


async def test_of_a_batch_that_fails_only_the_guilty_one_is_set_aside() -> None:
    acked: list[bytes] = []
    stored: list[bytes] = []
    notes = Notes()

    async def store(batch: Sequence[Message]) -> None:
        if any(message.payload == b"bad" for message in batch):
            raise ValueError("bad")
        stored.extend(message.payload for message in batch)

    batch = [reading(payload, acked) for payload in (b"a", b"bad", b"b")]
    await Intake(TOPICS, notes).fenced(batch, store)

    assert stored == [b"a", b"b"]
    assert acked == [b"a", b"bad", b"b"]
    assert len(notes.failures) == 1


async def test_a_message_in_hand_at_two_deaths_is_set_aside_untouched(tmp_path: Path) -> None:
    path, acked, notes = tmp_path / "run" / "x.inhand", list[bytes](), Notes()
    touched: list[bytes] = []

    async def handle(batch: Sequence[Message]) -> None:
        touched.extend(message.payload for message in batch)

    for _ in range(2):
        suspects = Suspects(path)
        context = suspects.holding([reading(b"poison", acked, dup=True)])
        context.__enter__()  # and never left: the process is gone
    intake = Intake(TOPICS, notes, Suspects(path))
    batch = [reading(payload, acked, dup=True) for payload in (b"good", b"poison")]
    await intake.fenced(batch, handle)

    assert touched == [b"good"]
    assert notes.failures == [None]
    assert sorted(acked) == [b"good", b"poison"]


async def test_what_was_in_hand_once_is_handled_alone(tmp_path: Path) -> None:
    path, acked = tmp_path / "x.inhand", list[bytes]()
    held = Suspects(path).holding([reading(b"suspect", acked, dup=True)])
    held.__enter__()  # and never left: the process is gone
    batches: list[list[bytes]] = []

    async def handle(batch: Sequence[Message]) -> None:
        batches.append([message.payload for message in batch])

    intake = Intake(TOPICS, Notes(), Suspects(path))
    names = (b"a", b"suspect", b"b")
    await intake.fenced([reading(name, acked, dup=True) for name in names], handle)

    assert batches == [[b"suspect"], [b"a", b"b"]]
    assert not Suspects(path).was_in_hand(reading(b"suspect", acked, dup=True))


async def test_a_damaged_memory_of_suspects_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "x.inhand"
    for damage in (b"", b"[", b"[1]", b'{"a":"b"}', b"\xff", b"[" * 100_000):
        path.write_bytes(damage)
        assert not Suspects(path).was_in_hand(reading(b"x", [], dup=True))
