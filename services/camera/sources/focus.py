"""What a source with a lens that moves offers besides pictures."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Focus:
    """How a focus cycle ended."""

    found: bool
    position: float | None  # dioptres: 0 is infinity, 2 is 0.5 m


@runtime_checkable
class FocusSource(Protocol):
    """A source that can be told to focus, from the same task. It is open when this is called."""

    async def focus(self) -> Focus | None:
        """Run one focus cycle; None where this camera's lens does not move. Raises SourceError."""
