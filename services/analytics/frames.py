"""Films into streams: so many frames a second of a node's live view, for whoever looks at them."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import aiohttp

from lookout.contract.wire import now
from lookout.host import progress
from lookout.host.outage import Outage
from lookout.host.tasks import stop_if_cancelled
from lookout.store.errors import StoreError
from lookout.store.films import FilmStream
from lookout.store.nodes import Nodes
from lookout.video.following import NoLiveView, followed, live_url, why
from services.analytics import metrics

RETRY_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Filmer:
    """Takes one node's film for as long as it gives one, and begins anew when it does again."""

    nodes: Nodes
    stream: FilmStream
    rate: float  # frames a second at most; others are let go

    async def run(self) -> None:
        """Until cancelled."""
        name = f"film of {self.stream.node}"
        outage = Outage(name)
        with progress.watched(name) as work:
            while True:
                work.beat()
                try:
                    await self._follow(outage)
                except (NoLiveView, StoreError) as error:
                    outage.down(str(error))
                stop_if_cancelled()
                work.rest()
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, outage: Outage) -> None:
        url = await live_url(self.nodes, self.stream.node)
        try:
            async with aiohttp.ClientSession() as http, aclosing(followed(http, url)) as film:
                await self._take(film, outage)
        except StoreError:
            raise
        except Exception as error:  # what a node sends is read by foreign code, errors of any kind
            raise NoLiveView(why(error)) from None

    async def _take(self, film: AsyncGenerator[bytes, None], outage: Outage) -> None:
        due, gap = 0.0, 1 / self.rate
        async for jpeg in film:
            progress.beat()
            outage.up()
            moment = time.monotonic()
            if moment < due:
                metrics.FRAMES_LET_GO.inc()
                continue
            due = (due if moment - due < gap else moment) + gap
            await self.stream.write(jpeg, now())
            metrics.FRAMES.inc()
