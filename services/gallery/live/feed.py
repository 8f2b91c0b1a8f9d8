"""What goes into the stream: new images from the store, nodes and events from the bus."""

import asyncio
from functools import partial
from typing import Any

import structlog

from lookout.bus.intake import Received
from lookout.contract.events import Event
from lookout.contract.wire import now
from lookout.store.client import Client
from lookout.store.images import Images
from lookout.store.streams import Stored, follow_images
from services.gallery.api import serialize
from services.gallery.live.stream import Stream, always

logger = structlog.get_logger()


async def images(client: Client, store: Images, stream: Stream) -> None:
    """Each new image: its fields are read once for all viewers. Raises a StoreError."""
    stream.resync()  # after an error something may have been missed
    async for group in follow_images(client):
        if len(stream):
            await _tell(group, store, stream)


async def _tell(group: list[Stored], store: Images, stream: Stream) -> None:
    rows = await asyncio.gather(*(store.get(stored.id) for stored in group))
    for stored, row in zip(group, rows, strict=True):
        if row is not None:  # else it was deleted at once
            stream.send("image", partial(serialize.image, row), identifier=stored.entry)


async def event(stream: Stream, received: Received) -> None:
    """Each event."""
    identifier = received.model.ulid(received.message.topic)
    shown = _event(identifier, received.address.node, received.model)
    stream.send("event", always(shown))


def _event(identifier: str, node: str, event: Event) -> dict[str, Any]:
    return serialize.event(
        {
            "id": identifier,
            "event_type": event.event_type,
            "node": node,
            "timestamp": event.timestamp,
            "context_id": event.context.id,
            "parent_id": event.context.parent_id,
            "data": event.data,
        }
    )


async def node_news(stream: Stream, received: Received) -> None:
    """Each change of a node: its status, what it says of itself, its readings."""
    change = _change(received.address.kind, received.model)
    if received.message.retain:  # old news, said again because we connected
        change.pop("status_since", None)
    else:
        change["last_seen"] = now()
    stream.send("node", partial(_shown, received.address.node, change))


def _shown(node: str, change: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A node's news for viewers under a path prefix."""
    if "info" in change:
        change = {**change, "info": serialize.info(node, change["info"], prefix)}
    return {"node": node, **change}


def _change(kind: str, model: Any) -> dict[str, Any]:
    """What of the node's fields is new, named as the API names them."""
    if kind == "status":
        return {"status": model, "status_since": now()}
    if kind == "info":
        return {"info": model.model_dump(mode="json", exclude_none=True)}
    return {"last_reading": {"timestamp": model.timestamp or now(), **model.metrics}}
