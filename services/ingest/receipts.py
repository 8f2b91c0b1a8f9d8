"""Receipts: tell each node what is on the hub's disk, so that its spool may let go."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import structlog

from lookout.bus.session import Session
from lookout.contract.hub import Receipt, Rejection
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.host import progress
from lookout.store import keys
from lookout.store.client import Client, run_id
from lookout.store.disk import Disk
from lookout.store.errors import StoreAway
from services.ingest import metrics
from services.ingest.dating import hub_clock

logger = structlog.get_logger()

MOST_PENDING: Final = 100_000  # ids that wait for the disk
MOST_IN_ONE: Final = 500  # ids in one message
RETRY_SECONDS: Final = 1.0
PATIENT_ATTEMPTS: Final = 5  # until it is worth a line in the log


@dataclass(slots=True)
class _Pending:
    ids: dict[str, None] = field(default_factory=dict)  # in order, each once
    rejected: list[Rejection] = field(default_factory=list)
    later: list[Rejection] = field(default_factory=list)


class Receipts:
    """Collects what was stored and confirms it once it is in the append-only file."""

    def __init__(
        self,
        session: Session,
        topics: Topics,
        client: Client,
        *,
        worker: int,
        run: str,
        replicas: int,
    ) -> None:
        """`run` is the server's run id from before the first write.

        `replicas` is how many must have an image on disk besides the server itself.
        """
        self._session = session
        self._topics = topics
        self._client = client
        self._disk = Disk(client, keys.receipts(str(worker)), replicas)
        self._pending: defaultdict[str, _Pending] = defaultdict(_Pending)
        self._count = 0
        self._run_id = run
        self._pending_since = run  # the run before the first write of what is pending
        self._replicas = replicas
        self._something = asyncio.Event()

    def stored(self, node: str, image_id: str) -> None:
        """Note that an image is written; it will be confirmed when it is on disk."""
        if self._room():
            self._pending[node].ids[image_id] = None

    def rejected(self, node: str, image_id: str, reason: str) -> None:
        """Note that an image will never be stored."""
        if self._room():
            self._pending[node].rejected.append(Rejection(id=image_id, reason=reason))

    def later(self, node: str, image_id: str, reason: str) -> None:
        """Note that an image is not stored now for a reason of ours."""
        if self._room():
            self._pending[node].later.append(Rejection(id=image_id, reason=reason))

    async def send_forever(self) -> None:
        """Confirm in groups: while one group waits for the disk, the next one collects."""
        with progress.watched("receipts") as work:
            while True:
                work.rest()
                await self._something.wait()
                work.beat()
                await self._send_group()

    async def _send_group(self) -> None:
        self._something.clear()
        pending, self._pending, self._count = self._pending, defaultdict(_Pending), 0
        since, self._pending_since = self._pending_since, self._run_id
        lost = await self._until_durable(
            [image for each in pending.values() for image in each.ids], since
        )
        for node, each in pending.items():
            stored = [image for image in each.ids if image not in lost]
            self._send(node, stored, each.rejected, each.later)

    def _room(self) -> bool:
        if self._count >= MOST_PENDING:
            metrics.RECEIPTS_DROPPED.inc()
            return False
        self._count += 1
        self._something.set()
        return True

    async def _until_durable(self, ids: list[str], since: str) -> set[str]:
        """Wait until these are on disk; the ids that a crash of Redis took before they were."""
        attempts, names = 0, [keys.image(each) for each in ids]
        while True:
            try:
                if (there := await self._disk.holds(names)) is not None:
                    return set() if there == len(ids) else await self._lost(ids, since)
            except StoreAway as error:
                logger.debug("receipts wait for Redis", reason=str(error))
            attempts += 1
            progress.beat()  # it waits for the disk, which is no fault of ours
            if attempts == PATIENT_ATTEMPTS:
                logger.warning("receipts wait: not on enough disks", replicas=self._replicas)
            await asyncio.sleep(RETRY_SECONDS)

    async def _lost(self, ids: list[str], since: str) -> set[str]:
        """A server killed after our write and before its fsync comes back without the write.

        Then it is another run of the server than `since`, from before the first of these writes,
        and what is missing must not be confirmed. In the same run a missing image was evicted or
        deleted: it was stored, and that is confirmed.
        """
        async with self._client.pipeline(transaction=False) as pipe:
            for each in ids:
                pipe.exists(keys.image(each))
            there = await pipe.execute()
        missing = {each for each, exists in zip(ids, there, strict=True) if not exists}
        if not missing:
            return missing
        self._run_id = await run_id(self._client)
        if self._run_id == since:
            return set()
        logger.warning("Redis restarted without its last writes", images=len(missing))
        metrics.UNCONFIRMED.inc(len(missing))
        return missing

    def _send(
        self, node: str, ids: list[str], rejected: list[Rejection], later: list[Rejection]
    ) -> None:
        metrics.RECEIPTS.inc(len(ids))
        for start in range(0, max(len(ids), len(rejected), len(later)), MOST_IN_ONE):
            chunk = slice(start, start + MOST_IN_ONE)
            at = now()
            receipt = Receipt(
                ids=tuple(ids[chunk]),
                rejected=tuple(rejected[chunk]),
                later=tuple(later[chunk]),
                time=at,
                clock=hub_clock(at),
            )
            self._session.post(self._topics.stored(node), receipt.encode())
