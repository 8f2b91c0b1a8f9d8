"""The pictures of motions: at once, one for all motions that want one before it is taken."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import structlog
from pydantic import JsonValue

from lookout.contract.wire import Context
from lookout.host.tasks import Crew
from services.camera.capture.capturer import Capturer, Taken
from services.camera.sources import SourceError

logger = structlog.get_logger()

TRIGGER: Final = "motion"
MOST_WAITING: Final = 40  # pictures in memory that wait for the disk
_ORDER: Final = ("start", "during", "after", "before")  # whose name a shared picture gets


@dataclass(slots=True, eq=False)
class Motion:
    """Motion from its start to its end, with the contexts of both events."""

    start: Context
    seen: dict[str, JsonValue]  # region, score and box, as last seen
    end: Context | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Claim:
    """One motion wants one picture."""

    motion: Motion
    part: str  # before, start, during or after

    @property
    def cause(self) -> Context:
        """The event that had it taken."""
        return self.motion.end or self.motion.start if self.part == "after" else self.motion.start


class Shutter:
    """Takes them one after the other, and keeps them beside that: a slow disk delays no picture."""

    def __init__(self, capturer: Capturer) -> None:
        self._capturer = capturer
        self._claims: list[Claim] = []  # for the next picture
        self._sealed: list[Claim] = []  # for the one that is being taken
        self._asked = asyncio.Event()
        self._waiting: deque[tuple[Taken, Sequence[Claim], Sequence[Motion]]] = deque()
        self._keep = asyncio.Event()
        self.under_way: list[Motion] = []
        self.lost = 0  # pictures for which the disk was too slow

    def want(self, motion: Motion, part: str) -> None:
        """Have a picture taken for it."""
        self._claims.append(Claim(motion, part))
        self._asked.set()

    def keep(self, taken: Taken, motion: Motion, part: str) -> None:
        """Have a picture kept that is there already."""
        self._put(taken, [Claim(motion, part)])

    async def run(self) -> None:
        """Take and keep pictures until cancelled."""
        async with Crew() as crew:
            crew.start(self._keep_forever(), "motion pictures to the spool")
            crew.start(self._take_forever(), "motion pictures")

    async def _take_forever(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._claims:
                await self._take()

    async def _take(self) -> None:
        cause = self._claims[0].cause
        try:
            taken = await self._capturer.take(TRIGGER, cause=cause, light=self._light, urgent=True)
        except SourceError:  # told by an event
            if not self._sealed:
                self._claims = []  # it was refused before its turn
            self._sealed = []
            return
        claims, self._sealed = self._sealed, []
        self._put(taken, claims)

    @asynccontextmanager
    async def _light(self) -> AsyncIterator[None]:
        """It is our turn: whoever asks from now on gets the next picture."""
        self._sealed, self._claims = self._claims, []
        async with self._capturer.light():
            yield

    def _put(self, taken: Taken, claims: list[Claim]) -> None:
        claims.sort(key=lambda claim: _ORDER.index(claim.part))
        self._waiting.append((taken, claims, tuple(self.under_way)))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.lost += 1
            logger.error("the disk is too slow: a picture of a motion was lost", lost=self.lost)
        self._keep.set()

    async def _keep_forever(self) -> None:
        while True:
            await self._keep.wait()
            self._keep.clear()
            while self._waiting:
                taken, claims, others = self._waiting.popleft()
                with suppress(SourceError):  # masks were asked for since
                    await self._capturer.keep(
                        taken, TRIGGER, cause=claims[0].cause, meta=_meta(claims, others)
                    )


def _meta(claims: Sequence[Claim], under_way: Sequence[Motion]) -> dict[str, JsonValue]:
    """What the picture shows, and the other events to which it belongs as well."""
    first = claims[0]
    causes = [claim.cause.id for claim in claims]
    causes += [motion.start.id for motion in under_way if motion is not first.motion]
    others: list[JsonValue] = [*dict.fromkeys(cause for cause in causes if cause != causes[0])]
    seen = {f"motion_{name}": value for name, value in first.motion.seen.items()}
    meta: dict[str, JsonValue] = {"motion": first.part, **seen}
    return {**meta, "motion_also": others} if others and first.part != "before" else meta
