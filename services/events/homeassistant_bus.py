"""Every recorded event to Home Assistant's own bus, as `lookout_event`, by its REST API.

`POST /api/events/lookout_event` (developers.home-assistant.io/docs/api/rest). An old event is no
longer news, and no automation must act on it: while Home Assistant is away it is dropped and
counted.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from lookout.contract.events import Event
from lookout.errors import LookoutError
from lookout.host.outage import Outage
from lookout.host.pauses import Pauses
from services.events import metrics
from services.events.settings import HubHomeAssistant

EVENT_TYPE: Final = "lookout_event"
MOST_WAITING = 1_000
LATEST = 600.0  # seconds since it was fired after which an event is no longer news (clocks differ)
PATIENCE = 60.0  # seconds that an event waits for Home Assistant
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between attempts
TOKEN_PAUSE = 300.0  # seconds: Home Assistant may ban whoever tries a bad token often
BAD_TOKEN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
BAD_EVENT: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)
TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event under way, and when it stops being news (on the event loop's clock)."""

    body: Mapping[str, Any]
    until: float


class Away(LookoutError):
    """Home Assistant does not take events now; `pause` seconds until the next attempt, if said."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class HomeAssistantBus:
    """Sends events one after the other; the oldest makes room when too many wait."""

    def __init__(self, settings: HubHomeAssistant) -> None:
        self._settings = settings
        self._waiting: deque[Waiting] = deque()
        self._came = asyncio.Event()
        self._outage = Outage("events to Home Assistant")

    def offer(self, node: str, event: Event) -> None:
        """Send an event of a node (or of `hub`) when its turn comes."""
        if not self._wants(event.event_type):
            return
        if time.time() - event.timestamp > LATEST:
            metrics.NOT_FORWARDED.labels("late").inc()
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            metrics.NOT_FORWARDED.labels("too many").inc()
        self._waiting.append(Waiting(told(node, event), _clock() + PATIENCE))
        self._came.set()

    def _wants(self, event_type: str) -> bool:
        wanted = self._settings.forward
        return self._settings.url is not None and (not wanted or event_type in wanted)

    async def run(self) -> None:
        """Send until cancelled."""
        token = self._settings.token.get_secret_value() if self._settings.token else ""
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers, timeout=TIMEOUT) as session:
            pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
            while True:
                await self._next()
                try:
                    await self._send(session)
                except Away as away:
                    self._outage.down(str(away))
                    pause = pauses.next()
                    await asyncio.sleep(away.pause or pause)
                else:
                    pauses.reset()

    async def _next(self) -> None:
        """Wait until there is an event to send that is still news."""
        while True:
            while self._waiting and self._waiting[0].until < _clock():
                self._waiting.popleft()
                metrics.NOT_FORWARDED.labels("away").inc()
            if self._waiting:
                return
            self._came.clear()
            await self._came.wait()

    async def _send(self, session: aiohttp.ClientSession) -> None:
        """Send the oldest event. Raises Away."""
        waiting = self._waiting[0]
        url = f"{self._settings.url}/api/events/{EVENT_TYPE}"
        try:
            async with session.post(url, json=waiting.body, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Away(repr(error)) from None
        if status in BAD_TOKEN:
            raise Away("it refuses the token: make a new one as an administrator", TOKEN_PAUSE)
        if status != HTTPStatus.OK and status not in BAD_EVENT:
            raise Away(f"it answers {status}")
        if self._waiting and self._waiting[0] is waiting:
            self._waiting.popleft()
        if status == HTTPStatus.OK:
            metrics.FORWARDED.inc()
            self._outage.up()
        else:
            metrics.NOT_FORWARDED.labels("refused").inc()


def told(node: str, event: Event) -> dict[str, Any]:
    """The data of the `lookout_event`."""
    return {
        "event_type": event.event_type,
        "node": node,
        "data": event.data,
        "origin": event.origin,
        "time_fired": event.time_fired.isoformat(),
        "context_id": event.context.id,
        "parent_id": event.context.parent_id,
    }


def _clock() -> float:
    return asyncio.get_running_loop().time()
