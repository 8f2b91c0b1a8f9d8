"""Old log files go only once the clock that says they are old has proved itself."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from lookout.host.clock import ClockWatch
from lookout.store import keys
from lookout.store.client import Client
from services.events.dailylog import DailyLog

logger = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
SWEEP_SECONDS: Final = 3_600.0  # between two sweeps, and without being set before the first
STEP_SECONDS: Final = 60.0  # by which the clock is set at least, when it is set


@dataclass(slots=True)
class Sweeping:
    """Sweeps each hour, unless the clock was set in it or the ingest service doubts it."""

    log: DailyLog
    client: Client
    watch: ClockWatch = field(default_factory=lambda: ClockWatch(STEP_SECONDS))
    _swept_at: float | None = None  # on the steady clock

    async def look(self) -> None:
        """Sweep where it is time for it. Raises a StoreError."""
        self.watch.look()
        if self.watch.calm < SWEEP_SECONDS or not self._is_due():
            return
        if await self.client.exists(keys.CLOCK):
            return
        self._swept_at = self.watch.steady()
        try:
            await asyncio.to_thread(self.log.sweep, datetime.now().astimezone())
        except OSError as error:
            logger.warning("old log files stay", reason=str(error))

    def _is_due(self) -> bool:
        return self._swept_at is None or self.watch.steady() - self._swept_at >= SWEEP_SECONDS
