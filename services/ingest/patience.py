"""Wait for a Redis that is away or full, and say so to the nodes while it lasts."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from lookout.bus.session import Session
from lookout.store.client import transient
from services.ingest import metrics

T = TypeVar("T")


class Patience:
    """Writes that wait. Meanwhile this service says `offline`: nodes keep from sending again."""

    def __init__(self, session: Session, presence: str) -> None:
        self._session = session
        self._presence = presence

    async def until_done(self, action: Callable[[], Awaitable[T]]) -> T:
        """Do `action`, again and again while Redis does not take writes."""
        return await transient(action, self._say)

    def _say(self, waiting: bool) -> None:
        metrics.WAITING.set(waiting)
        self._session.post(self._presence, "offline" if waiting else "online", retain=True)
