"""Is the capture loop alive? Systemd is told, and the process ends when the camera stays away."""

import asyncio
from dataclasses import dataclass

import structlog

from lookout.bus.events import EventBus
from lookout.host import progress
from lookout.host.notify import Systemd
from services.camera.capture.capturer import Capturer

logger = structlog.get_logger()

LEAST_FAILURES = 3  # before the process ends, however long apart they are
GRACE_SECONDS = 30.0  # over its deadline, after which a capture counts as stuck
BEAT_SECONDS = 5.0


@dataclass(slots=True)
class Health:
    """Watches the capturer; sets `end` once it gives up, with the `reason`."""

    capturer: Capturer
    events: EventBus
    systemd: Systemd
    give_up_after: float  # seconds without a picture; 0 never gives up
    end: asyncio.Event
    reason: str | None = None
    _said: str = ""

    async def run(self) -> None:
        """Watch until cancelled."""
        self.systemd.ready()
        pause = min(BEAT_SECONDS, (self.systemd.watchdog_seconds or BEAT_SECONDS) / 2)
        try:
            while self.reason is None:
                self.look()
                await asyncio.sleep(pause)
        finally:
            # `restart` goes on in the same process: systemd would end it as one that stops.
            if self.reason is not None or not self.end.is_set():
                self.systemd.stopping()

    def look(self) -> None:
        """One look: a sign of life, or none, or the end."""
        capturer = self.capturer
        access = self.capturer.device.access
        stuck = access.busy_seconds > access.timeout + GRACE_SECONDS
        if not stuck and not progress.current().overdue():
            self.systemd.alive()
        if (text := self._described(stuck=stuck)) != self._said:
            self._said = text
            self.systemd.status(text)
        silent = capturer.failing_seconds
        if capturer.outage.tries >= LEAST_FAILURES and 0 < self.give_up_after < silent:
            self._give_up(silent)

    def _give_up(self, seconds: float) -> None:
        why = self.capturer.outage.reason
        self.reason = f"no picture for {seconds:.0f} s: {why}"
        self.events.fire(
            "node_error",
            {"reason": self.reason, "failures": self.capturer.outage.tries, "action": "exit"},
        )
        self.end.set()

    def _described(self, *, stuck: bool) -> str:
        if stuck:
            return "the camera hangs"
        if self.capturer.outage.tries:
            return f"captures fail: {self.capturer.outage.reason}"
        return "the camera works" if self.capturer.last else "no picture yet"
