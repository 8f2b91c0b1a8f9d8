"""What nodes say of the hub's clock, and which of them are witnesses of it.

A node that agrees may have been set together with the hub, by one wrong source of time: two clocks
that are wrong alike agree too. A witness is one whose clock nobody has set since it differed from
ours, so that it was ours that came to agree with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

FRESH_SECONDS: Final = 600.0  # for how long a node's word counts
MOST_VOTES: Final = 1_000  # nodes whose word is remembered


class Counted(NamedTuple):
    """How many nodes agree with our clock, how many of those are witnesses, how many differ."""

    right: int = 0
    witnesses: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class _Word:
    at: float  # on the steady clock
    setting: str  # of the node's clock
    agrees: bool
    witness: bool = False
    counts: bool = True


@dataclass(slots=True)
class Votes:
    """The last word of each node."""

    steady: Callable[[], float]
    _words: dict[str, _Word] = field(default_factory=dict)

    def heard(self, node: str, setting: str, *, agrees: bool) -> None:
        """A node whose clock has this setting agrees with ours, or does not."""
        before = self._words.pop(node, None)
        same = before is not None and before.setting == setting
        witness = agrees and before is not None and same and (before.witness or not before.agrees)
        self._words[node] = _Word(self.steady(), setting, agrees, witness)
        if len(self._words) > MOST_VOTES:
            del self._words[next(iter(self._words))]

    def ours_was_set(self) -> None:
        """What they said was of the time before: it only tells who is a witness from now on."""
        for node, word in self._words.items():
            self._words[node] = replace(word, witness=False, counts=False)

    def counted(self) -> Counted:
        """Those whose word is fresh, and of our clock as it is."""
        since = self.steady() - FRESH_SECONDS
        words = [each for each in self._words.values() if each.counts and each.at >= since]
        right = sum(each.agrees for each in words)
        return Counted(right, sum(each.witness for each in words), len(words) - right)
