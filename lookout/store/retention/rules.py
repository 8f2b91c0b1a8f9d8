"""What is kept, and for how long: the rules by which images go, and whom they take."""

import json
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field, field_validator, model_validator

from lookout.amounts.settings import Bytes, BytesByNode, Count, CountByNode, Lifetime, Lifetimes
from lookout.contract.topics import check_node
from lookout.host.settings import Section
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.memory import Memory
from lookout.store.retention.thinning import Thin, ThinStep

MAX_TTL: Final = 365 * keys.DAY


@dataclass(frozen=True, slots=True)
class Cap:
    """Most images and most bytes of pictures of one node, the kept ones aside; 0: no limit."""

    images: int
    bytes: int


class Retention(Section):
    """The hub's rules. The ingest service is told them and enforces them."""

    image_ttl: Lifetime = Field(
        keys.IMAGE_TTL, description="seconds an image is kept, or a time such as 7d"
    )
    reading_ttl: Lifetime = Field(keys.READING_TTL, description="the same for a reading")
    max_ttl: Lifetime = Field(
        MAX_TTL, description="seconds a node itself may wish its images to be kept, at most"
    )
    node_ttl: Lifetimes = Field(
        {}, description="for images of single nodes, whatever they wish: garden=1d,barn=30d"
    )

    cap_images: Count = Field(
        0, description="most images of one node, those kept aside; 0: no limit"
    )
    cap_bytes: Bytes = Field(0, description="the same by size, such as 2GB")
    node_cap_images: CountByNode = Field(
        {}, description="cap_images of single nodes: garden=5000,barn=0"
    )
    node_cap_bytes: BytesByNode = Field(
        {}, description="cap_bytes of single nodes: garden=2GB,barn=500MB"
    )

    keep_images: Count = Field(0, description="most images that may be kept for good; 0: no limit")
    keep_bytes: Bytes = Field(0, description="the same by size, such as 2GB")
    keep_share: float = Field(
        0.25, ge=0, le=0.8, description="the same as a part of Redis' memory limit; 0: no limit"
    )

    thin: Thin = Field(
        (), description="thinning out with age: 1d:1m,7d:1h keeps one a minute after a day"
    )

    roll_up: Thin = Field(
        (
            ThinStep(age=keys.DAY, every=60),
            ThinStep(age=7 * keys.DAY, every=300),
            ThinStep(age=30 * keys.DAY, every=900),
        ),
        description="the same for readings, of which averages stay: 1d:1m,7d:5m,30d:15m",
    )

    high_mark: float = Field(
        0.85, gt=0, lt=1, description="part of Redis' memory at which the oldest pictures go"
    )
    low_mark: float = Field(0.8, gt=0, lt=1, description="part of it at which that stops")
    events_share: float = Field(
        0.1, ge=0, le=0.8, description="part of it that events may have before pictures go for them"
    )
    readings_share: float = Field(0.2, ge=0, le=0.8, description="the same for readings")
    thumbnails_share: float = Field(0.1, ge=0, le=0.8, description="the same for thumbnails")

    @field_validator("node_ttl", "node_cap_images", "node_cap_bytes")
    @classmethod
    def _nodes(cls, by_node: dict[str, int]) -> dict[str, int]:
        for node in by_node:
            check_node(node)
        return by_node

    @model_validator(mode="after")
    def _low_is_lower(self) -> "Retention":
        if self.low_mark >= self.high_mark:
            raise ValueError(f"low_mark must be below high_mark, which is {self.high_mark}")
        return self

    @property
    def has_caps(self) -> bool:
        """Whether any node has one."""
        limits = (*self.node_cap_images.values(), *self.node_cap_bytes.values())
        return any((self.cap_images, self.cap_bytes, *limits))

    def cap(self, node: str) -> Cap:
        """What `node` may use."""
        return Cap(
            self.node_cap_images.get(node, self.cap_images),
            self.node_cap_bytes.get(node, self.cap_bytes),
        )

    def shortage(self, now: Memory, incoming: int = 0) -> int:
        """How many bytes must go before `incoming` may be written; 0 below the high mark."""
        used = now.used + incoming
        if not now.limit or used <= self.high_mark * now.limit:
            return 0
        return round(used - self.low_mark * now.limit)

    def is_short(self, now: Memory, incoming: int = 0) -> bool:
        """Whether making room, once begun, has still to go on: down to the low mark."""
        return bool(now.limit) and now.used + incoming > self.low_mark * now.limit

    def lifetime(self, node: str, wish: int | None = None) -> int:
        """Seconds an image of `node` is kept: the hub's word for it, else its wish, bounded."""
        if node in self.node_ttl:
            return self.node_ttl[node]
        return min(wish, self.max_ttl) if wish else self.image_ttl


async def save(client: Client, rules: Retention) -> None:
    """Write the rules for others to read."""
    await client.set(keys.RULES, rules.model_dump_json(include=set(Retention.model_fields)))


async def load(client: Client) -> Retention:
    """The rules that the ingest service was told; the defaults where it never ran.

    What a newer ingest service may have written besides is left out.
    """
    said: dict[str, Any] = json.loads(await client.get(keys.RULES) or "{}")
    return Retention(**{name: said[name] for name in said.keys() & Retention.model_fields.keys()})
