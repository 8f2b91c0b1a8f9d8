"""A state that changes only when enough frames in a row say so, and not too soon."""

from dataclasses import dataclass


@dataclass(slots=True)
class Debounced:
    """On after `frames_on` frames in a row, off after `frames_off` and `off_delay` seconds."""

    frames_on: int
    frames_off: int
    off_delay: float = 0.0  # seconds
    on: bool = False
    _row: int = 0  # frames in a row that speak against the state
    _last_on: float = 0.0

    def update(self, seen: bool, at: float) -> bool:
        """Take what one frame at `at` (seconds, any clock) shows; whether the state changed."""
        if seen:
            self._last_on = at
        if seen == self.on:
            self._row = 0
            return False
        self._row += 1
        if self._row < (self.frames_off if self.on else self.frames_on):
            return False
        if self.on and at - self._last_on < self.off_delay:
            return False
        self.on, self._row = seen, 0
        return True
