"""What is kept, and for how long: the rules by which images go."""

from typing import Final

from pydantic import Field

from lookout.host.settings import Section
from lookout.store import keys
from lookout.store.amounts import Lifetime, Lifetimes

MAX_TTL: Final = 365 * keys.DAY


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

    def lifetime(self, node: str, wish: int | None = None) -> int:
        """Seconds an image of `node` is kept: the hub's word for it, else its wish, bounded."""
        if node in self.node_ttl:
            return self.node_ttl[node]
        return min(wish, self.max_ttl) if wish else self.image_ttl
