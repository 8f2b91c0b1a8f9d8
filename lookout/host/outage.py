"""Something that is away: told once when it goes, once when it is back, however often it fails."""

import time
from collections.abc import Callable
from typing import Any

import structlog

logger = structlog.get_logger()


class Outage:
    """One thing that can be away. `what` begins the log lines, such as "Redis"."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._clock = clock
        self._since: float | None = None
        self.tries = 0

    @property
    def is_on(self) -> bool:
        return self._since is not None

    @property
    def seconds(self) -> float:
        """How long it has lasted; 0 while there is none."""
        return 0.0 if self._since is None else self._clock() - self._since

    def down(self, reason: str, **details: Any) -> bool:
        """It failed. Whether that is news."""
        self.tries += 1
        if self._since is not None:
            return False
        self._since = self._clock()
        logger.warning(f"{self._what}: failing, will try again", reason=reason, **details)
        return True

    def up(self, **details: Any) -> bool:
        """It works. Whether that is news."""
        if self._since is None:
            return False
        seconds, tries = round(self.seconds, 1), self.tries
        self._since, self.tries = None, 0
        logger.info(f"{self._what}: working again", seconds=seconds, tries=tries, **details)
        return True
