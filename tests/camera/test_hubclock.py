"""The node's clock against the hub's, whatever the way between them does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.camera.outbox.hubclock import MOST_SENT, HubClock


class Heard:
    """Takes events in place of the bus."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def fire(self, kind: str, data: dict[str, Any]) -> None:
        self.events.append((kind, data))


class Node:
    """A node whose clock is `ahead` seconds before the true time."""

    def __init__(self, ahead: float, limit: float = 5.0) -> None:
        self.now, self.ahead, self.heard = 1_700_000_000.0, ahead, Heard()
        self.clock = HubClock(
            self.heard,  # type: ignore[arg-type]
            limit,
            wall=lambda: self.now + self.ahead,
            steady=lambda: self.now,
        )

    def exchange(self, number: int, there: float = 0.05, back: float = 0.05) -> None:
        self.clock.sent(number)
        self.now += there
        hub_time = self.now
        self.now += back
        self.clock.received([number], hub_time)


@given(ahead=st.floats(-1e6, 1e6), there=st.floats(0, 60), back=st.floats(0, 60))
def test_what_is_told_is_never_more_than_the_truth(ahead: float, there: float, back: float) -> None:
    node = Node(ahead)
    node.exchange(1, there, back)
    assert node.clock.skew is not None
    assert abs(node.clock.skew) <= abs(ahead) + 0.06
    assert abs(node.clock.skew - ahead) <= there + back + 0.06


@pytest.mark.parametrize("ahead", [-3600.0, 7200.0])
def test_a_wrong_clock_is_told_once_and_cleared_once(ahead: float) -> None:
    node = Node(ahead)
    for number in range(3):
        node.exchange(number)
    node.ahead = 0.2
    for number in range(3, 6):
        node.exchange(number)
    assert [kind for kind, _ in node.heard.events] == ["clock_skew", "clock_ok"]
    data = node.heard.events[0][1]
    assert data["limit"] == 5.0
    assert data["seconds"] == pytest.approx(ahead, abs=0.2)


def test_a_slow_way_is_not_taken_for_a_wrong_clock() -> None:
    node = Node(0.0)
    node.exchange(1, there=50.0)
    node.exchange(2, back=50.0)
    assert not node.heard.events
    assert node.clock.skew == 0.0


def test_a_clock_that_is_set_between_sending_and_receipt_tells_nothing() -> None:
    node = Node(0.0)
    node.clock.sent(1)
    node.ahead = 3600.0
    node.clock.received([1], node.now)
    assert node.clock.skew is None


def test_a_capture_that_is_sent_again_counts_from_the_first_time() -> None:
    node = Node(0.0)
    node.clock.sent(1)
    hub_time = node.now + 0.1
    node.now += 20.0
    node.clock.sent(1)  # the receipt of the first sending is still on its way
    node.clock.received([1], hub_time)
    assert node.clock.skew == 0.0


def test_receipts_without_time_or_of_others_tell_nothing_and_memory_is_bounded() -> None:
    node = Node(3600.0)
    node.clock.sent(1)
    node.clock.received([1], None)
    node.clock.received([99], node.now)
    assert node.clock.skew is None
    for number in range(MOST_SENT * 2):
        node.clock.sent(number)
    assert len(node.clock._sent) == MOST_SENT
