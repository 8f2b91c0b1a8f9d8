"""A capture that the hub has not confirmed yet, as the spool and the sender know it."""

from dataclasses import dataclass, field

from lookout.contract.images import ImageMeta


@dataclass(slots=True)
class Entry:
    """A capture that is not confirmed yet."""

    milliseconds: int
    size: int  # bytes
    fresh: bool = False  # taken by this process and not sent yet: goes before old ones
    attempts: int = 0
    sent_at: float = 0.0  # on the event loop's clock, of the last attempt
    memory: tuple[ImageMeta, bytes] | None = field(default=None, repr=False)
    clock: str | None = None  # by which setting of the clock it was taken, once it was read
    skew: float | None = None  # what was said of that when it was sent,
    skew_by: str | None = None  # and by which setting of the hub's clock
    write_at: float = float("inf")  # on the event loop's clock: while it is only in memory
