"""Which images are looked at when there are too many."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lookout.store.groups import Entry
from services.analytics.choice import newest_first, spread, stored_at


def entry(number: int, node: str = "garden", timestamp: str | None = None) -> Entry:
    at = str(float(number)) if timestamp is None else timestamp
    return Entry(
        f"{number * 1000}-{len(node)}", {"id": f"{node}:{number}", "node": node, "timestamp": at}
    )


def test_what_is_kept_is_evenly_spread_and_has_the_newest_of_each_node() -> None:
    entries = [entry(number) for number in range(100)]
    entries.insert(3, entry(2, "barn"))
    kept, rest = spread(entries, 7)
    assert [each.fields["node"] for each in kept].count("barn") == 1
    assert kept[-1] is entries[-1]
    times = [stored_at(each) for each in kept if each.fields["node"] == "garden"]
    assert max(b - a for a, b in pairwise(times)) <= 21
    assert len(rest) == 101 - 7


@given(st.lists(st.sampled_from(["garden", "barn", "gate"]), max_size=60), st.integers(1, 20))
def test_nothing_is_forgotten_or_doubled_and_no_more_kept_than_there_is_room(
    nodes: list[str], room: int
) -> None:
    entries = [entry(number, node) for number, node in enumerate(nodes)]
    kept, rest = spread(entries, room)
    assert len(kept) == min(room, len(entries))
    assert sorted(kept + rest, key=stored_at) == entries
    if entries:
        assert entries[-1] in kept


def test_the_newest_picture_is_first_and_one_that_does_not_say_is_as_old_as_its_entry() -> None:
    old, odd, new = entry(1), entry(2, timestamp="nan"), entry(3)
    nothing = Entry("2500-0", {"of": "others"})
    assert newest_first([old, odd, nothing, new]) == [new, nothing, odd, old]
