"""Dates images anew: by their node's clock once it agrees with ours, or as ours was set."""

from dataclasses import dataclass, field

import structlog

from lookout.store import redating
from lookout.store.client import Client
from services.ingest import metrics
from services.ingest.dating import agrees, hub_clock, is_of_our_clock, set_since
from services.ingest.examine import Examined
from services.ingest.hubclock import HubClock

logger = structlog.get_logger()

WAITING_SECONDS = 1.0  # between two looks at what waits
LEAST = 1.0  # seconds by which our clock is set, that it is worth following
MOST_AGREED = 1_000  # nodes whose clocks agreed with ours when they were last heard


@dataclass(slots=True)
class Redating:
    """Hears of each image that comes, and works beside the intake."""

    client: Client
    clock: HubClock
    _agreed: dict[tuple[str, str], None] = field(default_factory=dict)  # node, setting of its clock
    _followed: str = ""

    def heard(self, image: Examined) -> None:
        """What an image says of its node's clock, and by which setting of ours it is dated."""
        meta = image.meta
        step = set_since(self._followed, image.dated.hub_clock or "")
        if step is not None and abs(step) >= LEAST:
            self._followed = ""  # set back between two looks, maybe: look at all that waits
        if meta.skew is None:
            return
        setting = meta.clock or ""
        self._agreed.pop((image.node, setting), None)
        if not is_of_our_clock(meta, image.received_at):
            return
        self.clock.heard(image.node, meta.skew, setting)
        # Two clocks that are wrong alike agree too: not while ours is in doubt.
        if agrees(meta, self.clock.settings, image.received_at) and not self.clock.is_doubtful():
            self._agreed[image.node, setting] = None
        if len(self._agreed) > MOST_AGREED:
            del self._agreed[next(iter(self._agreed))]

    async def work(self) -> None:
        """Date anew what can be by its node's clock. Raises a StoreError."""
        for node, node_clock in await redating.waiting(self.client) & self._agreed.keys():
            count = await redating.believe_the_node(self.client, node, node_clock)
            _tell(count, "node", node)

    async def follow(self) -> None:
        """Do as our clock was set; for one worker at a time. Raises a StoreError."""
        setting = hub_clock(self.clock.wall())
        step = set_since(self._followed, setting)
        if step is None or abs(step) >= LEAST:
            _tell(await redating.follow_the_hub(self.client, setting, set_since), "hub", None)
            self._followed = setting
        if not self.clock.in_doubt and (given := await redating.give_lives(self.client)):
            logger.info("the lives of images begin now", images=given)


def _tell(count: int, by: str, node: str | None) -> None:
    metrics.REDATED.labels(by).inc(count)
    if count:
        logger.info("dated images anew", images=count, by=by, node=node)
