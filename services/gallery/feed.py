"""What goes into the stream: new images from the store, nodes and events from the bus."""

import asyncio
from functools import partial
from typing import Any

import structlog

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.bus.subscription import Message
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.events import Event
from lookout.contract.nodes import parse_info, parse_status
from lookout.contract.readings import parse_reading
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.store.client import Client
from lookout.store.images import Images
from lookout.store.streams import Stored, follow_images
from services.gallery import present
from services.gallery.stream import Stream, always

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
            stream.send("image", partial(present.image, row), identifier=stored.entry)


async def events(bus: EventBus, topics: Topics, stream: Stream) -> None:
    """Each event."""
    async for node, event in bus.listen():
        identifier = event.ulid(topics.event(node, event.event_type))
        stream.send("event", always(_event(identifier, node, event)))


def _event(identifier: str, node: str, event: Event) -> dict[str, Any]:
    return present.event(
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


class NodeNews:
    """Each change of a node: its status, what it says of itself, its readings."""

    def __init__(self, session: Session, topics: Topics, stream: Stream) -> None:
        self._session = session
        self._topics = topics
        self._stream = stream

    async def follow(self, kind: str) -> None:
        """One kind of message (`status`, `info` or `reading`) of every node."""
        subscription = self._session.subscribe(self._topics.every(kind))
        try:
            async for message in subscription:
                self._handle(message)
        finally:
            self._session.unsubscribe(subscription)

    def _handle(self, message: Message) -> None:
        try:
            address = self._topics.parse(message.topic)
            change = _change(address.kind, message.payload)
        except (BadTopic, BadMessage) as error:
            logger.debug("not news of a node", topic=message.topic, reason=str(error))
            return
        if message.retain:  # old news, said again because we connected
            change.pop("status_since", None)
        else:
            change["last_seen"] = now()
        self._stream.send("node", partial(_shown, address.node, change))


def _shown(node: str, change: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A node's news for viewers under a path prefix."""
    if "info" in change:
        change = {**change, "info": present.info(node, change["info"], prefix)}
    return {"node": node, **change}


def _change(kind: str, payload: bytes) -> dict[str, Any]:
    """What of the node's fields is new, named as the API names them. Raises BadMessage."""
    if kind == "status":
        return {"status": parse_status(payload), "status_since": now()}
    if kind == "info":
        return {"info": parse_info(payload).model_dump(mode="json", exclude_none=True)}
    reading = parse_reading(payload)
    return {"last_reading": {"timestamp": reading.timestamp or now(), **reading.metrics}}
