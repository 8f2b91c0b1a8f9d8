"""How much a node may send."""

from lookout.bus import allowance
from lookout.bus.allowance import Allowances, Allowed, Over

ALLOWED = Allowed(rate=2, burst=10, bytes_rate=100, bytes_burst=1_000)


class Clock:
    """A steady clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(allowances: Allowances, node: str, number: int, size: int = 1) -> int:
    """How many of so many messages are within the allowance."""
    return sum(allowances.take(node, size) for _ in range(number))


def test_a_burst_and_then_so_many_a_second_and_nobody_pays_for_another() -> None:
    clock = Clock()
    allowances = Allowances(ALLOWED, clock)
    assert taken(allowances, "garden", 100) == 10
    assert taken(allowances, "barn", 5) == 5
    clock.now = 3.0
    assert taken(allowances, "garden", 100) == 6
    clock.now = 1000.0
    assert taken(allowances, "garden", 100) == 10


def test_bytes_count_too() -> None:
    clock = Clock()
    allowances = Allowances(ALLOWED, clock)
    assert taken(allowances, "garden", 10, size=300) == 3
    clock.now = 2.0
    assert taken(allowances, "garden", 1, size=300) == 1
    assert Allowances(ALLOWED, clock).take("garden", 10**9), "else it would never come through"
    assert taken(Allowances(Allowed(0, 1, 0, 1), clock), "garden", 100, size=10**9) == 100


def test_too_much_is_told_once_and_its_end_with_what_was_lost() -> None:
    clock = Clock()
    allowances = Allowances(ALLOWED, clock)
    taken(allowances, "garden", 40)
    assert allowances.began() == ["garden"]
    clock.now = 4.0
    taken(allowances, "garden", 20)
    assert (allowances.began(), allowances.ended()) == ([], [])
    clock.now = 14.0
    assert allowances.ended() == [Over("garden", 4.0, 30 + 12)]
    assert allowances.ended() == []
    assert [allowances.take("garden", 1, comes_again=at >= 10) for at in range(13)].count(
        False
    ) == 3
    assert allowances.began() == ["garden"]
    clock.now = 24.0
    assert allowances.ended() == [Over("garden", 0.0, 0, put_off=3)]


def test_it_remembers_a_bounded_number_of_nodes() -> None:
    clock = Clock()
    allowances = Allowances(ALLOWED, clock)
    for number in range(allowance.MOST_NODES + 100):
        clock.now += 0.01
        assert allowances.take(f"n{number}", 1)
    assert len(allowances._buckets) < allowance.MOST_NODES
