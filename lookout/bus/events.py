"""The event bus: fire events and listen to them. Shape and contexts as in Home Assistant."""

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from pydantic import JsonValue

from lookout.bus.session import Session
from lookout.contract.events import Event
from lookout.contract.topics import Topics
from lookout.contract.wire import Context

logger = structlog.get_logger()


class EventBus:
    """Fires events in the name of `origin` (a node, or `hub`)."""

    def __init__(self, session: Session, topics: Topics, *, origin: str) -> None:
        self._session = session
        self._topics = topics
        self._origin = origin

    def fire(
        self,
        event_type: str,
        data: Mapping[str, JsonValue] | None = None,
        *,
        node: str | None = None,
        cause: Context | None = None,
        context: Context | None = None,
    ) -> Event:
        """Tell everybody that something happened to `node` (default: the origin itself).

        It carries `context`, or a new one whose parent is `cause`. While the broker is away the
        event waits, with the time it was fired.
        """
        event = Event(
            event_type=event_type,
            data=dict(data or {}),
            origin=self._origin,
            time_fired=datetime.now(UTC),
            context=context or (cause.child() if cause else Context()),
        )
        topic = self._topics.event(node or self._origin, event_type)
        self._session.post(topic, event.encode())
        return event
