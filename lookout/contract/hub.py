"""What the hub says: of itself, of the store, and of the images it has or refuses."""

from pydantic import Field

from lookout.contract.wire import Finite, Identifier, Open, Wire


class HubInfo(Open):
    """What the hub says of itself, retained."""

    version: str = ""
    nodes: int = Field(ge=0)
    nodes_online: int = Field(ge=0)
    images: int = Field(ge=0, description="stored now")
    events_today: int = Field(ge=0, description="in the last 24 hours")
    memory_used: int = Field(ge=0, description="bytes, of Redis")
    memory_share: float | None = Field(None, ge=0, description="of Redis' limit; None: no limit")
    images_per_minute: float | None = Field(None, ge=0, description="in the last five minutes")


class IngestInfo(Open):
    """What an ingest worker says of the store, retained."""

    pressure: bool = Field(description="whether Redis is nearly full or throws pictures out")


class Rejection(Wire):
    """One image the hub does not store, and why."""

    id: str
    reason: str


class Receipt(Open):
    """What the hub has on disk, and what it refused for good: the spool may let all of these go.

    `later` is what it does not take now for a reason of its own (its store, its settings, its
    limits): the node keeps these, and sends them again.
    """

    ids: tuple[str, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    later: tuple[Rejection, ...] = ()
    time: Finite | None = Field(None, description="Unix seconds by the hub's clock")
    clock: Identifier | None = Field(None, description="by which setting of it that is")


def parse_receipt(payload: bytes) -> Receipt:
    """Read a receipt. Raises BadMessage."""
    return Receipt.decode(payload)
