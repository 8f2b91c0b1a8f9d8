"""What every sensor gives and how it fails."""

from typing import Protocol

from lookout.errors import LookoutError


class SensorError(LookoutError):
    """Nothing was measured; the message is for a person and names the next step."""


class Sensor(Protocol):
    """Something that measures. `read` blocks and is called in a thread of its own."""

    def read(self) -> dict[str, float]:
        """Metric -> value now, in the units of docs/node/triggers.md. Raises SensorError."""
