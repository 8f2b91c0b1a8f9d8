"""Something that is away: told when it goes, now and then while it is, and when it is back."""

import asyncio
from dataclasses import dataclass, field

import structlog
from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.contract.wire import Context

logger = structlog.get_logger()

FIRST_REMINDER, LONGEST_PAUSE = 300.0, 6 * 3600.0  # seconds; each pause is twice the one before


@dataclass(slots=True)
class Outage:
    """Fires `down` with the reason, `down` again as a reminder, and `up` with how long it was."""

    events: EventBus
    down: str
    up: str
    told: dict[str, JsonValue] = field(default_factory=dict)  # in each of these events
    tries: int = 0  # in vain, since it went
    reason: str = ""  # of the last one
    _since: float = 0.0  # on the event loop's clock
    _pause: float = FIRST_REMINDER
    _remind_at: float = 0.0

    @property
    def seconds(self) -> float:
        """For how long it has been away; 0 while it is not."""
        return _clock() - self._since if self.tries else 0.0

    def failed(self, reason: str, *, cause: Context | None = None, **more: JsonValue) -> None:
        """One more attempt failed."""
        now = _clock()
        self.tries += 1
        self.reason = reason
        if self.tries == 1:
            self._since, self._pause = now, FIRST_REMINDER
            self._remind_at = now + self._pause
            logger.error(self.down.replace("_", " "), reason=reason, **self.told)
            self.events.fire(self.down, {**self.told, "reason": reason, **more}, cause=cause)
        elif now >= self._remind_at:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._remind_at = now + self._pause
            self.events.fire(
                self.down, {**self.told, "reason": reason, **self._so_far(), "reminder": True}
            )

    def worked(self) -> None:
        """It works, again or still."""
        if self.tries:
            so_far = self._so_far()
            self.tries = 0
            logger.info(self.up.replace("_", " "), **self.told, **so_far)
            self.events.fire(self.up, {**self.told, **so_far})

    def _so_far(self) -> dict[str, JsonValue]:
        return {"seconds": round(self.seconds, 1), "failures": self.tries}


def _clock() -> float:
    return asyncio.get_running_loop().time()
