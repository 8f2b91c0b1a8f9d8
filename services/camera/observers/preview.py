"""The small retained picture for dashboards: always the newest, at most one a second."""

import asyncio

import structlog

from lookout.bus.errors import BusError
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from services.camera.capture.observer import Kept
from services.camera.knobs.knobs import SEEN
from services.camera.outbox.shrink import preview

logger = structlog.get_logger()

LEAST_PAUSE = 1.0  # seconds


class Previewer:
    """Holds the newest picture until it is shown; older ones are skipped."""

    def __init__(self, session: Session, topics: Topics, node: str) -> None:
        self._session = session
        self._topic = topics.preview(node)
        self._newest: bytes | None = None
        self._views = 0  # how often it was changed what may be seen
        self._changed = asyncio.Event()

    def show(self, kept: Kept) -> None:
        """Publish this one when its turn comes."""
        self._newest = kept.picture.jpeg
        self._changed.set()

    def forget(self, changed: frozenset[str]) -> None:
        """Show nothing from before a change of what may be seen: the broker lets go of it too."""
        if changed.isdisjoint({*SEEN, "enabled"}):
            return
        self._views += 1
        self._newest = None
        if not changed.isdisjoint(SEEN):
            self._session.post(self._topic, b"", retain=True)

    async def publish_forever(self) -> None:
        """Publish the newest picture, until cancelled."""
        while True:
            await self._changed.wait()
            await self._session.connected()
            self._changed.clear()
            jpeg, self._newest = self._newest, None
            if jpeg is not None:
                await self._publish(jpeg, self._views)
            await asyncio.sleep(LEAST_PAUSE)

    async def _publish(self, jpeg: bytes, views: int) -> None:
        try:
            small = await asyncio.to_thread(preview, jpeg)
            if views != self._views:
                return
            await self._session.publish(self._topic, small, retain=True)
        except (BusError, OSError) as error:
            logger.warning("no preview", reason=str(error))
