"""Which captures go when the spool is full."""

from collections.abc import Sequence
from typing import Literal

Policy = Literal["oldest", "newest", "thin"]


def to_drop(policy: Policy, sizes: Sequence[int], excess: int, surplus: int) -> list[int] | None:
    """Which of the waiting captures, oldest first, must go; None when the new one must.

    `sizes` are in bytes; `excess` bytes and `surplus` captures are too many with the new one.
    `thin` takes every second one as often as needed: a long outage is covered to its end, in
    ever larger steps the longer ago it is.
    """
    if policy == "newest":
        return None
    gone: list[int] = []
    left = list(range(len(sizes)))
    while left and (sum(sizes[index] for index in gone) < excess or len(gone) < surplus):
        if policy == "thin" and len(left) > 1:
            gone += left[1::2]
            left = left[::2]
        else:
            gone.append(left.pop(0))
    return sorted(gone)
