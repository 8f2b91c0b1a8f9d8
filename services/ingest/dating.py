"""When was it taken? By the sender's clock where that can be right, else by ours; both are kept.

A wrong clock, theirs or ours, is no reason to refuse anything. What is dated by our clock says so
(`dated_by`), and is dated anew once the clocks agree (redating.py).
"""

from dataclasses import dataclass
from typing import Literal

from lookout.contract.images import ImageMeta, split_image_id
from lookout.contract.limits import EARLIEST, LONGEST_LIFE
from lookout.host import clock
from services.ingest.settings import Ingest

DatedBy = Literal["node", "hub"]


@dataclass(frozen=True, slots=True)
class Date:
    """`timestamp` is the one to go by; `node_time` is what the sender's clock said, if it did.

    All in Unix seconds. `hub_clock` tells by which setting of our clock it is dated.
    """

    timestamp: float
    by: DatedBy = "node"
    node_time: float | None = None
    hub_clock: str | None = None

    @property
    def hub_time(self) -> float | None:
        """What our clock says of the capture, where the sender's is not believed."""
        return self.timestamp if self.by == "hub" else None


def date(meta: ImageMeta, limits: Ingest, now: float, *, in_doubt: bool = False) -> Date:
    """When an image was taken: as the sender says, else as its id says, else as we reckon.

    While our clock is in doubt a sender's that agrees with it is so too: both may be wrong alike.
    """
    said = said_time(meta)
    if said is None or not _is_believed(meta, said, limits, now):
        return _by_the_hub(meta, said, limits, now)
    if in_doubt and meta.skew is not None and is_of_our_clock(meta, now):
        return _by_the_hub(meta, said, limits, now)
    return Date(said)


def agrees(meta: ImageMeta, limits: Ingest, now: float) -> bool:
    """Whether the sender knows that its clock agrees with ours."""
    said = said_time(meta)
    return said is not None and meta.skew is not None and _is_believed(meta, said, limits, now)


def _is_believed(meta: ImageMeta, said: float, limits: Ingest, now: float) -> bool:
    return abs(meta.skew or 0.0) <= limits.max_skew and can_be(said, limits, now)


def is_of_our_clock(meta: ImageMeta, now: float) -> bool:
    """Whether its skew is against this start of our clock: that says nothing of an earlier one."""
    return meta.skew_by is None or set_since(meta.skew_by, hub_clock(now)) is not None


def with_skew_of_now(meta: ImageMeta, now: float) -> ImageMeta:
    """The same, with its skew against our clock as it is set now.

    The node measured it by a receipt, and ours may have been set since. Where that was another
    computer, or before it was started anew, it is taken as it is.
    """
    if meta.skew is None or meta.skew_by is None:
        return meta
    step = set_since(meta.skew_by, hub_clock(now))
    return meta if not step else meta.model_copy(update={"skew": meta.skew - step})


def said_time(meta: ImageMeta) -> float | None:
    """What the sender's clock said, Unix seconds; None where it said nothing."""
    if meta.timestamp is None and meta.id is not None:
        return split_image_id(meta.id)[1] / 1000
    return meta.timestamp


def can_be(timestamp: float, limits: Ingest, now: float) -> bool:
    """Whether a working clock can have said this, as far as ours can tell."""
    return EARLIEST <= timestamp <= now + limits.max_ahead


def _by_the_hub(meta: ImageMeta, said: float | None, limits: Ingest, now: float) -> Date:
    """The node knows how far its clock is from ours, or how long ago it was; else it is now."""
    if said is not None and meta.skew is not None:
        reckoned = said - meta.skew
        # Not after now: our clock was set since the node heard of it, or nothing of this is true.
        if EARLIEST <= reckoned <= now + limits.max_skew:
            # Reckoned by an earlier start of our clock, it does not follow how this one is set.
            by = hub_clock(now) if is_of_our_clock(meta, now) else meta.skew_by
            return Date(round(reckoned, 3), "hub", said, by)
    age = meta.age or 0.0
    at = round(max(0.0, now - (age if age <= LONGEST_LIFE else 0.0)), 3)
    return Date(at, "hub", said, hub_clock(now))


def hub_clock(now: float, steady: float | None = None) -> str:
    """By which setting our clock runs: this start of the computer, and what it adds to it.

    With it a time of ours can be mended later, in seconds, when our clock is set meanwhile.
    """
    runs = clock.steady() if steady is None else steady
    return f"{clock.boot_id()}:{now - runs:.3f}"


def set_since(before: str, now: str) -> float | None:
    """Seconds by which our clock was set between two settings; None over a restart."""
    boot, _, offset = before.rpartition(":")
    boot_now, _, offset_now = now.rpartition(":")
    if boot != boot_now:
        return None
    try:
        return float(offset_now) - float(offset)
    except ValueError:
        return None
