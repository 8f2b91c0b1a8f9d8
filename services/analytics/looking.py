"""One image: its bytes, what the model says, and the result written once."""

import json
import time
from dataclasses import dataclass
from functools import partial

import structlog

from lookout.store import results
from lookout.store.client import transient
from lookout.store.groups import Entry, Group
from lookout.store.results import Seen
from lookout.store.series import Series
from lookout.vision.objects.thing import Thing, people
from services.analytics import metrics
from services.analytics.choice import stored_at
from services.analytics.eye import Eye
from services.analytics.gate import Gate
from services.analytics.rules import Rules
from services.analytics.settings import Analytics
from services.analytics.telling import Teller
from services.analytics.zones import ANYWHERE, counted, that_count

logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at images and tells what is in them."""

    group: Group
    eye: Eye
    limits: Analytics
    rules: Rules
    gate: Gate
    teller: Teller
    series: Series

    async def handle(self, entry: Entry) -> float | None:
        """Deal with an entry, whatever it is. Seconds that the model took, if it was asked."""
        if entry.deliveries > self.limits.tries:
            await self._park(entry, "each worker that looked at it ended before it was done")
            return None
        try:
            return await self._look(entry)
        except Exception as error:  # it stays ours, and comes again after a while
            metrics.FAILED.inc()
            logger.warning(
                "could not look at an image",
                image=entry.fields.get("id"),
                attempt=entry.deliveries,
                reason=str(error) or type(error).__name__,
            )
            if entry.deliveries >= self.limits.tries:
                await self._park(entry, f"{type(error).__name__}: {error}")
            return None

    async def _look(self, entry: Entry) -> float | None:
        if not await self._is_wanted(entry):
            await self._skip(entry, "sampled")
            return None
        began = time.perf_counter()
        read = partial(results.read, self.group.client, entry.fields["id"])
        seen = await transient(read)
        if seen.jpeg is None:
            await self._skip(entry, "expired")
            return None
        if seen.people:
            await self._skip(entry, "by_camera")
            return None
        node, small = entry.fields["node"], await self.gate.small(seen.jpeg)
        # One that comes again may be the very one that is remembered.
        if entry.deliveries == 1 and not await self.gate.opens(node, small):
            await self._skip(entry, "still")
            return None
        looking = time.perf_counter()
        things = await self.eye.look(seen.jpeg)
        writing = time.perf_counter()
        await self._write(entry, seen, things, writing - looking)
        await self.gate.note(node, small)
        metrics.STEP_SECONDS.labels("read").observe(looking - began)
        metrics.STEP_SECONDS.labels("look").observe(writing - looking)
        metrics.STEP_SECONDS.labels("write").observe(time.perf_counter() - writing)
        return writing - looking

    async def _is_wanted(self, entry: Entry) -> bool:
        """Whether it is the one of its stretch of time. One that comes again had been chosen."""
        if not self.limits.every or entry.deliveries > 1:
            return True
        node, at = entry.fields["node"], float(entry.fields["timestamp"])
        take = partial(results.take_slot, self.group.client, node, at, self.limits.every)
        return await transient(take)

    async def _write(self, entry: Entry, seen: Seen, things: list[Thing], seconds: float) -> None:
        rules = self.rules.of(entry.fields["node"])
        things = that_count(things, rules)
        where = counted(things, rules)
        number = people(things)
        fields: dict[str, str | int | float] = {
            "people": number,
            "labels": ",".join(thing.label for thing in things),
            "boxes": json.dumps([thing.box for thing in things], separators=(",", ":")),
            "zones": ",".join(name for name in where if name != ANYWHERE),
            "detector": self.eye.name,
            "detect_ms": round(seconds * 1000, 1),
        }
        keep = rules.steady.of + 1
        told = json.dumps(where, separators=(",", ":"))
        write = partial(results.write, self.group, entry, number, fields, seen=told, keep=keep)
        written = await transient(write)
        match written.outcome:
            case "expired":
                metrics.SKIPPED.labels("expired").inc()
            case "twice":
                metrics.TWICE.inc()
            case "written":
                metrics.SEEN.inc()
                metrics.PEOPLE.inc(number)
                metrics.AGE.observe(max(0.0, time.time() - stored_at(entry)))
                await self._note(entry, number, fields["detect_ms"])
                if written.recent:
                    self.teller.tell(entry, things, written.recent, rules.steady, seen.context_id)

    async def _note(self, entry: Entry, number: int, milliseconds: str | float) -> None:
        """Let charts have it, where the server has time series."""
        values = {"people": float(number), "detect_ms": float(milliseconds)}
        at = round(float(entry.fields["timestamp"]) * 1000)
        await transient(partial(self.series.add, entry.fields["node"], at, values))

    async def _skip(self, entry: Entry, reason: str) -> None:
        await transient(partial(self.group.done, [entry]))
        metrics.SKIPPED.labels(reason).inc()

    async def _park(self, entry: Entry, reason: str) -> None:
        logger.error("gave an image up", image=entry.fields.get("id"), reason=reason)
        await transient(partial(self.group.park, entry, reason))
        metrics.PARKED.inc()
