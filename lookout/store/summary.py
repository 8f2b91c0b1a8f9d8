"""The whole hub in a few numbers."""

from dataclasses import dataclass

from lookout.amounts.ranges import Range
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.memory import Memory, memory
from lookout.store.nodes import Nodes
from lookout.store.search import Index, Query

DAY = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class Summary:
    """How many there are now; `events_today` of the last 24 hours.

    `taken_in` counts the images of all nodes since each was first heard of.
    """

    nodes: int
    nodes_online: int
    images: int
    taken_in: int
    events_today: int
    memory: Memory


async def summary(client: Client, now: float) -> Summary:
    """Count. `now` is in Unix seconds. Raises StoreError."""
    nodes = await Nodes(client).all()
    images = Index(client, keys.IMAGES_INDEX, keys.IMAGE_PREFIX, ())
    events = Index(client, keys.EVENTS_INDEX, keys.EVENT_PREFIX, ())
    today = Query(ranges={"timestamp": Range(low=now - DAY)})
    return Summary(
        nodes=len(nodes),
        nodes_online=sum(node.get("status") == "online" for node in nodes),
        images=await images.count(Query()),
        taken_in=sum(node.get("images", 0) for node in nodes),
        events_today=await events.count(today),
        memory=await memory(client),
    )
