"""Is this message an image that we may store? Everything is checked here, once."""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from PIL import Image, UnidentifiedImageError
from pydantic import JsonValue

from lookout.bus.subscription import Message
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.images import TOLD, ImageMeta, split_image_id
from lookout.contract.topics import Topics
from lookout.errors import LookoutError
from lookout.store.images import Dating, NewImage
from lookout.store.retention.rules import Retention
from lookout.vision.jpeg import START, frame_size, has_end, has_pixels, picture
from services.ingest.dating import Date, date, with_skew_of_now
from services.ingest.settings import Ingest

MOST_PEOPLE: Final = 1_000  # in one picture
MEASURED: Final = frozenset({"timestamp", "width", "height"})  # what we look at ourselves


class Rejected(LookoutError):
    """The message will never be stored, and why; `node` is None when the topic names none."""

    def __init__(self, reason: str, node: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node


@dataclass(frozen=True, slots=True)
class Examined:
    """An image that may be stored, its size in pixels, and when we received it (Unix seconds).

    `ttl` is for how many seconds it will be kept; `damaged`: its end is missing.
    """

    node: str
    meta: ImageMeta
    data: bytes
    width: int
    height: int
    dated: Date
    received_at: float
    ttl: int
    damaged: bool = False

    def named(self, identifier: str) -> NewImage:
        """What to store under this id."""
        meta = self.meta
        return NewImage(
            identifier,
            self.node,
            self.dated.timestamp,
            self.received_at,
            self.width,
            self.height,
            self.data,
            told={
                **{name: getattr(meta, name) for name in TOLD if name not in MEASURED},
                **seen(meta.meta or {}),
            },
            ttl=self.ttl,
            dating=self.dating,
            damaged=self.damaged,
        )

    def dated_as(self, dated: Date | None) -> "Examined":
        """The same with another date; as it is where there is none."""
        return self if dated is None else replace(self, dated=dated)

    @property
    def dating(self) -> Dating | None:
        """How it was dated, where that was not by the sender's clock."""
        dated = self.dated
        if dated.by == "node":
            return None
        return Dating(
            hub_time=dated.timestamp,
            node_time=dated.node_time,
            node_clock=self.meta.clock,
            hub_clock=dated.hub_clock,
        )


def seen(meta: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """People and their boxes, where the camera itself found some: fields of the hash.

    What is not of this shape stays in `meta` only, as others may use these words for other things.
    """
    people, boxes = meta.get("people"), meta.get("boxes")
    if not isinstance(people, int) or isinstance(people, bool) or not 0 <= people <= MOST_PEOPLE:
        return {}
    if not isinstance(boxes, list) or len(boxes) > MOST_PEOPLE or not all(map(_is_box, boxes)):
        return {"people": people}
    return {"people": people, "boxes": boxes}


def _is_box(value: JsonValue) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 4
        and all(isinstance(each, int | float) and not isinstance(each, bool) for each in value)
    )


def examine(
    message: Message,
    topics: Topics,
    limits: Ingest,
    rules: Retention,
    now: float,
    *,
    in_doubt: bool = False,
) -> Examined:
    """Check one message; `in_doubt`: our own clock is. Raises Rejected with the reason."""
    try:
        node = topics.parse(message.topic).node
    except BadTopic as error:
        raise Rejected(str(error)) from None
    try:
        data = picture(message.payload) or message.payload
        width, height = measure(data, limits)
        meta = ImageMeta.from_properties(message.properties)
        _check_owner(meta, node)
        meta = with_skew_of_now(meta, now)
    except BadMessage as error:
        raise Rejected(str(error), node) from None
    ttl = rules.lifetime(node, meta.ttl)
    dated = date(meta, limits, now, in_doubt=in_doubt)
    return Examined(node, meta, data, width, height, dated, now, ttl, not has_end(data))


def measure(data: bytes, limits: Ingest) -> tuple[int, int]:
    """Width and height of a JPEG in pixels, from its header. Raises BadMessage."""
    if len(data) > limits.max_bytes:
        raise BadMessage(f"{len(data)} bytes: at most {limits.max_bytes} are taken")
    if not data.startswith(START):
        raise BadMessage(f"not a JPEG ({len(data)} bytes): it does not begin like one")
    width, height = _size(data)
    if not has_pixels(data):
        raise BadMessage(f"a truncated JPEG ({len(data)} bytes): nothing but its header is there")
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


def _check_owner(meta: ImageMeta, node: str) -> None:
    if meta.id is not None and split_image_id(meta.id)[0] != node:
        raise BadMessage(f"id = {meta.id!r}: this came on the topic of {node}")
