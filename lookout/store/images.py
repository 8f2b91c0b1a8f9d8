"""Images: one hash each with its TTL, a search index, and the stream that tells of new ones."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lookout.contract.images import IMAGE_FIELDS
from lookout.contract.plain import json_or_none
from lookout.store import changes, keys, writing
from lookout.store.client import Client
from lookout.store.search import Index, Page, Query, Row

FIELDS: Final = tuple(IMAGE_FIELDS)
_DATING: Final = ("dated_by", "hub_time", "node_time", "node_clock", "hub_clock")
_compact: Final = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps makes one each time
_NO_KEY = -2  # answer of the TTL command
# In one step, so that an image which expires meanwhile does not come back as a hash of one field.
_KEEP: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'kept', '1')
redis.call('PERSIST', KEYS[1])
return 1
"""


@dataclass(frozen=True, slots=True)
class Dating:
    """Of an image that is dated by the hub's clock: both times, Unix seconds, and by what clocks.

    `node_clock` is the setting of the node's clock (contract/images.py), `hub_clock` of the hub's.
    """

    hub_time: float
    node_time: float | None = None
    node_clock: str | None = None
    hub_clock: str | None = None

    def fields(self) -> dict[str, str | None]:
        """Their part of the hash."""
        return {
            "dated_by": "hub",
            "hub_time": f"{self.hub_time:.3f}",
            "node_time": None if self.node_time is None else f"{self.node_time:.3f}",
            "node_clock": self.node_clock,
            "hub_clock": self.hub_clock,
        }


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image about to be stored. `timestamp` and `received_at` are Unix seconds."""

    id: str
    node: str
    timestamp: float
    received_at: float
    width: int
    height: int
    data: bytes
    mime_type: str = "image/jpeg"
    told: Mapping[str, Any] = field(default_factory=dict)  # further fields, by their names
    ttl: int | None = None  # seconds; None: as the others of its batch
    dating: Dating | None = None  # None: by the sender's clock
    damaged: bool = False  # the end of the picture is missing

    def fields(self) -> dict[str, str | int | float | bytes]:
        """The hash, without what is not known."""
        values = {
            **{name: _written(name, value) for name, value in self.told.items()},
            "node": self.node,
            "timestamp": f"{self.timestamp:.3f}",
            "received_at": f"{self.received_at:.3f}",
            "mime_type": self.mime_type,
            "width": self.width,
            "height": self.height,
            "size": len(self.data),
            "damaged": "1" if self.damaged else None,
            "image_data": self.data,
            **(self.dating.fields() if self.dating else {}),
        }
        return {name: value for name, value in values.items() if value is not None}


class Images:
    """What can be done with images."""

    def __init__(self, client: Client) -> None:
        self.client = self._client = client
        self._index = Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, FIELDS)

    async def store(self, batch: Sequence[NewImage], *, ttl: int, later: bool = False) -> int:
        """Write a batch in one transaction: hashes with TTL, stream, registry. How many were new.

        An image that is there already is written over; it is not told of again in the stream, and
        one that is kept stays kept. With `later` their lives begin with redating.give_lives.
        Raises a StoreError, and then nothing is written.
        """
        return await writing.write(self._client, batch, ttl, later=later)

    async def page(self, query: Query) -> Page:
        """One page of images, without their bytes."""
        return await self._index.page(query)

    async def count(self, query: Query) -> int:
        """How many the query finds."""
        return await self._index.count(query)

    async def values(self, field: str) -> list[str]:
        """What is in a field that is searched by words; a few may have just gone."""
        return await self._index.values(field)

    async def spread(self, query: Query, start: float, width: float) -> list[str]:
        """The ids of the first in each `width` seconds from `start` on, the oldest first."""
        return await self._index.spread(query, start, width)

    async def histogram(self, query: Query, width: int) -> dict[float, int]:
        """How many the query finds in each `width` seconds that has some, by its beginning."""
        return await self._index.histogram(query, width)

    async def get(self, image_id: str) -> Row | None:
        """One image's fields, without its bytes; None when there is none."""
        rows = await self._index.read([image_id])
        return rows[0] if rows else None

    async def read(self, image_ids: Sequence[str], *more: str) -> list[Row]:
        """The fields of those images that there are, without their bytes, in this order."""
        return await self._index.read(image_ids, *more)

    async def data(self, image_id: str) -> bytes | None:
        """One image's bytes; None when there is none."""
        data: bytes | None = await self._client.hget(keys.image(image_id), "image_data")
        return data

    async def life(self, image_id: str) -> int | None:
        """Seconds until the image expires; None when it is kept for ever (or is not there)."""
        seconds = int(await self._client.ttl(keys.image(image_id)))
        return seconds if seconds >= 0 else None

    async def keep(self, image_id: str) -> bool:
        """Let an image never expire, whatever the quota (see keeping.py). False: there is none."""
        return bool(await self._client.eval(_KEEP, 1, keys.image(image_id)))

    async def delete(self, image_id: str, widths: Sequence[int] = ()) -> bool:
        """Remove an image and its thumbnails of these widths. False when there is none."""
        thumbnails = [keys.thumbnail(image_id, width) for width in widths]
        removed = await self._client.delete(keys.image(image_id))
        if thumbnails:
            await self._client.delete(*thumbnails)
        if removed:
            await changes.tell(self._client, "deleted", [image_id])
        return bool(removed)

    async def thumbnail(self, image_id: str, width: int) -> bytes | None:
        """A cached thumbnail."""
        data: bytes | None = await self._client.get(keys.thumbnail(image_id, width))
        return data

    async def cache_thumbnail(self, image_id: str, width: int, data: bytes) -> None:
        """Keep a thumbnail for as long as its image lives."""
        seconds = int(await self._client.ttl(keys.image(image_id)))
        if seconds != _NO_KEY:
            expiry = seconds if seconds > 0 else None
            await self._client.set(keys.thumbnail(image_id, width), data, ex=expiry)


async def first_datings(client: Client, image_ids: Sequence[str]) -> list[Dating | None]:
    """How images that are stored already were dated by our clock; None where they were not."""
    async with client.pipeline(transaction=False) as pipe:
        for each in image_ids:
            pipe.hmget(keys.image(each), *_DATING)
        return [_dating(*row) for row in await pipe.execute()]


def _dating(*row: bytes | None) -> Dating | None:
    by, hub_time, node_time, node_clock, hub_clock = (
        None if value is None else value.decode() for value in row
    )
    if by != "hub" or hub_time is None:
        return None
    said = None if node_time is None else float(node_time)
    return Dating(float(hub_time), said, node_clock, hub_clock)


async def is_known(client: Client, node: str, digest: str) -> bool:
    """Whether an image without an id that had these bytes was stored for this node."""
    return bool(await client.exists(keys.plain(node, digest)))


def as_json(row: Row) -> dict[str, Any]:
    """A row as the API gives it: numbers as numbers, meta and boxes as what they are."""
    return {name: _read(name, value) for name, value in row.items()}


def _written(name: str, value: Any) -> Any:
    if value is not None and IMAGE_FIELDS[name].kind == "json":
        return _compact(value)
    return value


def _read(name: str, value: str) -> Any:
    column = IMAGE_FIELDS.get(name)
    match column.kind if column else "text":
        case "number":
            return float(value)
        case "whole":
            return int(float(value))
        case "json":
            return json_or_none(value)
    return value
