"""What is in Redis, compared with the record."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable

from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreAway
from services.camera.outbox.nodeclock import SLACK
from tests.faults.floods import FLOODER
from tests.faults.record import Capture, Record

FIELDS = ("node", "timestamp", "image_data", "dated_by", "node_time")
Fields = tuple[bytes | None, bytes | None, bytes | None, bytes | None, bytes | None]
NEAR = 30.0  # seconds between a capture and its file, at most: the camera may be frozen between


class Comparison:
    """Looks for captures in Redis; each that was found once is not looked for again.

    `removable` are captures that ingest may have removed to make room: of these, the hub's receipt
    is enough, or the entry of the `images` stream, which is written in the same transaction as the
    image (and makes room too).
    """

    def __init__(self, client: Client, record: Record) -> None:
        self._client = client
        self._record = record
        self.found: set[str] = set()
        self.removable: set[str] = set()

    async def all_found(self, wanted: Collection[Capture]) -> bool:
        """Whether all of these are stored, each with its own bytes and its own time."""
        try:
            await self._look([each for each in wanted if each.id not in self.found])
        except StoreAway as error:
            raise AssertionError(f"Redis is away: {error}") from None
        missing = [each.id for each in wanted if each.id not in self.found]
        assert not missing, f"{len(missing)} of {len(wanted)} are missing: {missing[:5]}"
        return True

    async def _look(self, captures: list[Capture]) -> None:
        stored = await self._stored(captures)
        for capture, fields in zip(captures, stored, strict=True):
            if fields[0] is not None:
                check(capture, fields)
                self.found.add(capture.id)
        if gone := {each.id for each in captures} & self.removable - self.found:
            self.found |= gone & ((await self._told()).keys() | self._record.confirmed)

    async def _stored(self, captures: Iterable[Capture]) -> list[Fields]:
        async with self._client.pipeline(transaction=False) as pipe:
            for each in captures:
                pipe.hmget(keys.image(each.id), *FIELDS)
            answers: list[Fields] = await pipe.execute()
        return answers

    async def nothing_doubled(self) -> bool:
        """Whether nothing is; an announcement may come a moment after what it announces."""
        assert not (doubled := await self.doubled()), f"doubled: {doubled}"
        return True

    async def doubled(self) -> list[str]:
        """Ids told of twice, and ids that nobody captured: a picture stored under a second id."""
        told = await self._told()
        twice = [identifier for identifier, times in told.items() if times > 1]
        captured = self._record.captures
        strangers = told.keys() - captured.keys()
        return [*twice, *strangers, *(await self._image_ids() - captured.keys())]

    async def gone(self) -> tuple[set[str], set[str]]:
        """Of what was found once, what is lost now, and what was removed to make room."""
        ordered = sorted(self.found)
        async with self._client.pipeline(transaction=False) as pipe:
            for each in ordered:
                pipe.exists(keys.image(each))
            there = await pipe.execute()
        missing = {each for each, exists in zip(ordered, there, strict=True) if not exists}
        return missing - self.removable, missing & self.removable

    async def _told(self) -> Counter[str]:
        entries = await self._client.xrange(keys.IMAGES_STREAM)
        told = (fields[b"id"].decode() for _, fields in entries)
        return Counter(identifier for identifier in told if not _is_flood(identifier))

    async def _image_ids(self) -> set[str]:
        match = f"{keys.IMAGE_PREFIX}*"
        found = [key async for key in self._client.scan_iter(match=match, count=1000)]
        ids = (key.decode().removeprefix(keys.IMAGE_PREFIX) for key in found)
        return {identifier for identifier in ids if not _is_flood(identifier)}


def _is_flood(identifier: str) -> bool:
    return identifier.startswith(f"{FLOODER}:")


def check(capture: Capture, stored: Fields) -> None:
    """The node, the time of the capture (not of its arrival), and the very bytes."""
    node, timestamp, data, dated_by, node_time = stored
    assert node == capture.node.encode()
    assert timestamp is not None and data is not None
    said = float(node_time or timestamp)
    if abs(said * 1000 - capture.milliseconds) > 1:
        # Ids go on past those that may have been used where a clock goes once more through a time.
        assert 0 < capture.milliseconds - said * 1000 < SLACK + 60_000 or dated_by, capture.id
    away = abs(float(timestamp) - capture.seen_at) if capture.seen_at else 0.0
    assert away < NEAR, f"{capture.id}: {away:.0f} s away from the capture, dated by {dated_by!r}"
    if capture.digest:
        assert hashlib.sha256(data).hexdigest() == capture.digest, f"{capture.id}: other bytes"
