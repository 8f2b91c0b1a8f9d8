"""The event bus: fire events and listen to them. Shape and contexts as in Home Assistant."""

import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import structlog
from pydantic import JsonValue

from lookout.bus.session import Session
from lookout.contract.events import Event
from lookout.contract.topics import Topics
from lookout.contract.wire import Context, new_id

logger = structlog.get_logger()


class EventBus:
    """Fires events in the name of `origin` (a node, or `hub`)."""

    def __init__(
        self,
        session: Session,
        topics: Topics,
        *,
        origin: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now` is Unix time, for whoever knows better than the computer's clock."""
        self._session = session
        self._topics = topics
        self._origin = origin
        self._run, self._number = new_id(), 0
        self._now = now

    def tell_of_doubles(self, name: str) -> None:
        """Tell once when another process has the name of this one, and once when that is over."""
        self._session.on_double(partial(self._double, name))

    def _double(self, name: str, there_are_two: bool) -> None:
        if there_are_two:
            advice = (
                f"Two processes are called {name}, and the broker knows one: a copied SD card, or "
                "a second hub under the same root. Give one another name (node in lookout.yaml, "
                "LOOKOUT_NODE, or mqtt.root), or stop it."
            )
            logger.error("the name is taken", name=name, host=socket.gethostname(), advice=advice)
            self.fire("name_taken", {"name": name, "host": socket.gethostname(), "advice": advice})
        else:
            logger.info("the name is ours alone again", name=name)
            self.fire("name_ok", {"name": name, "host": socket.gethostname()})

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
        self._number += 1
        event = Event(
            run=self._run,
            number=self._number,
            event_type=event_type,
            data=dict(data or {}),
            origin=self._origin,
            time_fired=datetime.fromtimestamp(self._now(), UTC),
            context=context or (cause.child() if cause else Context()),
        )
        topic = self._topics.event(node or self._origin, event_type)
        self._session.post(topic, event.encode())
        return event
