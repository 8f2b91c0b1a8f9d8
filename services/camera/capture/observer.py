"""What the observers of each kept picture get to see."""

from dataclasses import dataclass
from typing import Protocol

from lookout.contract.wire import Context
from services.camera.sources import Picture


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the spool."""

    id: str
    picture: Picture
    context: Context


class Observer(Protocol):
    """Looks at the newest picture."""

    def show(self, kept: Kept) -> None:
        """Take it, without waiting and without raising anything."""
