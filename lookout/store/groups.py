"""Consumer groups of a stream: each entry to one worker, again where that one died, then parked.

Redis remembers what was given to whom until it is acknowledged (XREADGROUP, XAUTOCLAIM, XACK); we
add what is done with an entry that nobody can handle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lookout.host import progress
from lookout.host.tasks import stop_if_cancelled
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreRefused

BLOCK_MILLISECONDS: Final = 5_000  # under the client's socket timeout
MOST_PARKED: Final = 1_000
_TEXT: Final = 512  # characters of a reason


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a stream, and how often it was given to a worker, this time included."""

    id: str
    fields: Mapping[str, str]
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """The workers `name` of a stream; `consumer` is the name of this one, the same after a restart.

    At least once: an entry that was handled and not acknowledged comes again.
    """

    client: Client
    stream: str
    name: str
    consumer: str

    async def join(self, *, from_start: bool = False) -> None:
        """Make the group where there is none yet; its first entry is the next that comes.

        With `from_start` it is the oldest that is there. Call it again when Redis came back empty.
        """
        try:
            await self.client.xgroup_create(
                self.stream, self.name, id="0" if from_start else "$", mkstream=True
            )
        except StoreRefused as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def read(self, count: int, *, block: int = BLOCK_MILLISECONDS) -> list[Entry]:
        """Up to `count` entries that no worker has had; waits `block` milliseconds for the first.

        Raises a StoreError.
        """
        answer = await self.client.xreadgroup(
            self.name, self.consumer, {self.stream: ">"}, count=count, block=block
        )
        stop_if_cancelled()
        progress.beat()
        return [_entry(each) for _, entries in answer or () for each in entries]

    async def claim(self, count: int, *, idle: float) -> list[Entry]:
        """Up to `count` entries that a worker got more than `idle` seconds ago and never finished.

        An entry whose data is gone from the stream is let go of. Raises a StoreError.
        """
        _, entries, *_ = await self.client.xautoclaim(
            self.stream, self.name, self.consumer, round(idle * 1000), count=count
        )
        there = [each for each in entries if each[1]]
        if not there:
            return []
        tries = await self._deliveries([each[0] for each in there])
        return [_entry(each, tries.get(each[0], 1)) for each in there]

    async def done(self, entries: Sequence[Entry]) -> None:
        """These are handled. Raises a StoreError."""
        if entries:
            await self.client.xack(self.stream, self.name, *(each.id for each in entries))

    async def park(self, entry: Entry, reason: str) -> None:
        """Set an entry aside, with its reason, that cannot be handled. Raises a StoreError."""
        fields = {**entry.fields, "entry": entry.id, "reason": reason[:_TEXT]}
        async with self.client.pipeline(transaction=True) as pipe:
            pipe.xadd(
                keys.parked(self.stream, self.name), fields, maxlen=MOST_PARKED, approximate=False
            )
            pipe.xack(self.stream, self.name, entry.id)
            await pipe.execute()

    async def lag(self) -> int:
        """Entries that no worker has finished: not given yet, or in hand. Raises a StoreError."""
        for group in await self.client.xinfo_groups(self.stream):
            if group["name"] == self.name.encode():
                return int(group["pending"]) + int(group["lag"] or 0)
        return 0

    async def _deliveries(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        async with self.client.pipeline(transaction=False) as pipe:
            for each in ids:
                pipe.xpending_range(self.stream, self.name, each, each, 1)
            answers = await pipe.execute()
        return {
            each: int(answer[0]["times_delivered"])
            for each, answer in zip(ids, answers, strict=True)
            if answer
        }


def _entry(raw: Any, deliveries: int = 1) -> Entry:
    identifier, fields = raw
    said = {key.decode(): value.decode(errors="replace") for key, value in fields.items()}
    return Entry(identifier.decode(), said, deliveries)
