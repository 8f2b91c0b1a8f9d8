"""Writes that wait while Redis is away or full, and whoever wants to know of that."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from lookout.store.client import transient

T = TypeVar("T")


class Waiting:
    """How all writes of one service wait."""

    def __init__(self) -> None:
        self._tell: Callable[[bool], None] = lambda _: None

    def on_change(self, tell: Callable[[bool], None]) -> None:
        """`tell(True)` when a write begins to wait, `tell(False)` when it got through."""
        self._tell = tell

    async def until_done(self, action: Callable[[], Awaitable[T]]) -> T:
        """Do `action`, again and again while Redis does not take writes."""
        return await transient(action, self._tell)
