"""Is this message an image that we may store? Everything is checked here, once."""

import io
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypedDict

from PIL import Image, UnidentifiedImageError
from pydantic import JsonValue

from lookout.bus.subscription import Message
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.images import ImageMeta, split_image_id
from lookout.contract.topics import Topics
from lookout.store.images import NewImage
from lookout.vision.jpeg import frame_size
from services.ingest.settings import Ingest

EARLIEST: Final = 1_577_836_800.0  # 2020-01-01: before it, a clock was not set
_START, _END = b"\xff\xd8\xff", b"\xff\xd9"
_PADDING: Final = 4_096  # bytes that some cameras leave behind the end marker, at most


MOST_PEOPLE: Final = 1_000  # in one picture


class Seen(TypedDict, total=False):
    """What a camera with a network of its own says of its picture."""

    people: int
    boxes: str


class Rejected(Exception):
    """The message will never be stored, and why; `node` is None when the topic names none."""

    def __init__(self, reason: str, node: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node


@dataclass(frozen=True, slots=True)
class Examined:
    """An image that may be stored, its size in pixels, and when we received it (Unix seconds).

    `ttl` is for how many seconds it will be kept.
    """

    node: str
    meta: ImageMeta
    data: bytes
    width: int
    height: int
    timestamp: float
    received_at: float
    ttl: int

    def named(self, identifier: str) -> NewImage:
        """What to store under this id."""
        meta = self.meta
        return NewImage(
            identifier,
            self.node,
            self.timestamp,
            self.received_at,
            self.width,
            self.height,
            self.data,
            lux=meta.lux,
            temperature=meta.temperature,
            trigger=meta.trigger,
            context_id=meta.context_id,
            parent_id=meta.parent_id,
            meta=None if meta.meta is None else json.dumps(meta.meta, separators=(",", ":")),
            ttl=self.ttl,
            **seen(meta.meta or {}),
        )


def seen(meta: Mapping[str, JsonValue]) -> Seen:
    """People and their boxes, where the camera itself found some: fields of the hash.

    What is not of this shape stays in `meta` only, as others may use these words for other things.
    """
    people, boxes = meta.get("people"), meta.get("boxes")
    if not isinstance(people, int) or isinstance(people, bool) or not 0 <= people <= MOST_PEOPLE:
        return {}
    if not isinstance(boxes, list) or len(boxes) > MOST_PEOPLE or not all(map(_is_box, boxes)):
        return {"people": people}
    return {"people": people, "boxes": json.dumps(boxes, separators=(",", ":"))}


def _is_box(value: JsonValue) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 4
        and all(isinstance(each, int | float) and not isinstance(each, bool) for each in value)
    )


def examine(message: Message, topics: Topics, limits: Ingest, now: float) -> Examined:
    """Check one message. Raises Rejected with the reason."""
    try:
        node = topics.parse(message.topic).node
    except BadTopic as error:
        raise Rejected(str(error)) from None
    try:
        width, height = measure(message.payload, limits)
        meta = ImageMeta.from_properties(message.properties)
        timestamp = _timestamp(meta, node, limits, now)
    except BadMessage as error:
        raise Rejected(str(error), node) from None
    ttl = limits.lifetime(node, meta.ttl)
    return Examined(node, meta, message.payload, width, height, timestamp, now, ttl)


def measure(data: bytes, limits: Ingest) -> tuple[int, int]:
    """Width and height of a JPEG in pixels, from its header. Raises BadMessage."""
    if len(data) > limits.max_bytes:
        raise BadMessage(f"{len(data)} bytes: at most {limits.max_bytes} are taken")
    if not data.startswith(_START):
        raise BadMessage(f"not a JPEG ({len(data)} bytes): it does not begin like one")
    if data.rfind(_END, max(0, len(data) - _PADDING)) < 0:
        raise BadMessage(f"a truncated JPEG ({len(data)} bytes): its end is missing")
    width, height = _size(data)
    if width * height > limits.max_pixels:
        raise BadMessage(f"{width} x {height} pixels: at most {limits.max_pixels} are taken")
    return width, height


def _size(data: bytes) -> tuple[int, int]:
    if (size := frame_size(data)) is not None:
        return size
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return image.size
    except Image.DecompressionBombError as error:
        raise BadMessage(f"too many pixels: {error}") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error):
        raise BadMessage(f"not a JPEG ({len(data)} bytes): its header is damaged") from None


def _timestamp(meta: ImageMeta, node: str, limits: Ingest, now: float) -> float:
    """When it was taken: as the sender says, else as its id says, else now."""
    timestamp = meta.timestamp
    if meta.id is not None:
        owner, milliseconds = split_image_id(meta.id)
        if owner != node:
            raise BadMessage(f"id = {meta.id!r}: this came on the topic of {node}")
        timestamp = milliseconds / 1000 if timestamp is None else timestamp
    if timestamp is None:
        return now
    check_time(timestamp, limits, now)
    return timestamp


def check_time(timestamp: float, limits: Ingest, now: float) -> None:
    """Raises BadMessage when no working clock can have said this."""
    if not EARLIEST <= timestamp <= now + limits.max_ahead:
        raise BadMessage(
            f"timestamp = {timestamp}: must be from {EARLIEST:.0f} (2020) to "
            f"{limits.max_ahead:.0f} s from now; check the sender's clock"
        )
