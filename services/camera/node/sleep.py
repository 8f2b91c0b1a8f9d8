"""A node on a battery: it wakes, takes its picture, sends, does what waited for it, and sleeps.

Its mailbox is the broker: what is published to it with QoS 1 while it is away waits there.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import Field

from lookout.bus.commands import Arguments, Data, Services
from lookout.bus.session import Session
from lookout.contract.commands import Command
from lookout.contract.wire import now
from lookout.host.clock import steady
from lookout.host.notify import Systemd
from services.camera.capture.capturer import Capturer
from services.camera.node.info import NodeInfo
from services.camera.settings.sleep import Sleep as SleepSettings

logger = structlog.get_logger()

LOOK_SECONDS: Final = 0.2
LEAST_SECONDS: Final = 1.0  # of sleep, however long it was awake
WATCHDOG_SECONDS: Final = 5.0  # between two signs of life to systemd


class AwakeArguments(Arguments):
    """Stay awake for so many seconds from now; 0 takes that back."""

    seconds: float = Field(600.0, ge=0, le=86_400)


@dataclass(slots=True)
class Sleep:
    """Ends the node, to be started anew after `seconds`, once there is nothing more to do."""

    settings: SleepSettings
    session: Session
    capturer: Capturer
    services: Services
    info: NodeInfo
    end: asyncio.Event
    seconds: float | None = None  # None: it does not sleep
    _stay: float = 0.0  # on the event loop's clock: until when it was asked to stay awake

    def register(self) -> None:
        """Offer `awake`."""
        self.services.register("awake", AwakeArguments, self.awake)

    async def awake(self, arguments: AwakeArguments, _: Command) -> Data:
        """Stay awake, for whoever wants to look or to change more."""
        self._stay = _clock() + arguments.seconds
        return {"seconds": arguments.seconds}

    async def run(self) -> None:
        """Be awake for as long as there is something to do, then end the node."""
        woke = _clock()
        while not self._may_sleep(_clock() - woke):  # noqa: ASYNC110 - of many things
            await asyncio.sleep(LOOK_SECONDS)
        self.seconds = max(LEAST_SECONDS, self.settings.every - (_clock() - woke))
        self.info.wakes_at = round(now() + self.seconds, 1)
        self.info.publish()
        waiting = len(self.capturer.spool)
        logger.info("goes to sleep", seconds=round(self.seconds), captures_waiting=waiting)
        self.end.set()

    def _may_sleep(self, awake: float) -> bool:
        if _clock() < self._stay:
            return False
        return awake >= self.settings.awake or (
            self._tried and self._listened and not self.services.busy and not self.capturer.spool
        )

    @property
    def _tried(self) -> bool:
        """Whether the picture of this waking was taken, or could not be."""
        capturer, knobs = self.capturer, self.capturer.knobs
        wanted = knobs.capture.interval > 0 and not knobs.hidden
        return not wanted or capturer.last is not None or bool(capturer.outage.tries)

    @property
    def _listened(self) -> bool:
        session = self.session
        return session.is_connected and session.connected_for >= self.settings.listen


async def rest(settings: SleepSettings, seconds: float) -> None:
    """Sleep: switch the power off where that is set, and wait for what is left of the time."""
    systemd, until = Systemd(), steady() + seconds
    systemd.status(f"sleeps for {seconds:.0f} s")
    if settings.command:
        await _switch_off(settings.command, seconds)
    while (left := until - steady()) > 0:
        systemd.alive()
        await asyncio.sleep(min(left, WATCHDOG_SECONDS))


async def _switch_off(words: tuple[str, ...], seconds: float) -> None:
    command = [word.replace("{seconds}", str(round(seconds))) for word in words]
    try:
        process = await asyncio.create_subprocess_exec(*command)
        code = await process.wait()
    except OSError as error:
        logger.error("sleep.command cannot be run", command=command, reason=str(error))
        return
    if code:
        logger.error("sleep.command failed", command=command, code=code)


def _clock() -> float:
    return asyncio.get_running_loop().time()
