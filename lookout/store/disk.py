"""Whether writes are on disk, asked after each of many batches with as little as possible."""

from collections.abc import Sequence

import structlog

from lookout.store.client import Client, keeps_append_only_file
from lookout.store.errors import StoreAway, StoreError

logger = structlog.get_logger()

WAIT_MILLISECONDS = 2_000


class Disk:
    """Append-only files: the server's own, where it keeps one, and those of `replicas`.

    That it keeps one is remembered: to ask each time took ingest a twelfth of its time at 50 images
    a second.
    """

    def __init__(self, client: Client, marker: str, replicas: int) -> None:
        """`marker` is a key to write: WAITAOF speaks of its own connection's writes only."""
        self._client = client
        self._marker = marker
        self._replicas = replicas
        self._keeps_one = False
        self._can_tell = True

    async def holds(self, names: Sequence[str]) -> int | None:
        """How many of these keys are there, once all writes are on disk; None while they are not.

        Where the server cannot tell what is on disk, memory must do. Raises StoreAway.
        """
        remembered, self._keeps_one = self._keeps_one, False
        try:
            if self._can_tell:
                local = remembered or await keeps_append_only_file(self._client)
                self._keeps_one = local
                if local or self._replicas:
                    return await self._wait(names, local=local)
        except StoreAway:
            self._keeps_one = False  # another server may answer next
            raise
        except StoreError as error:
            self._keeps_one = False
            if remembered:  # it may keep none any more
                return await self.holds(names)
            # Before Redis 7.2, or without the right to ask.
            self._can_tell = False
            reason = str(error)
            logger.warning("Redis does not tell what is on disk: receipts mean memory", why=reason)
        return int(await self._client.exists(*names)) if names else 0

    async def _wait(self, names: Sequence[str], *, local: bool) -> int | None:
        """One round trip: the server looks for the keys when it has done waiting."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.set(self._marker, "1", ex=3600)
            pipe.execute_command("WAITAOF", int(local), self._replicas, WAIT_MILLISECONDS)
            if names:
                pipe.exists(*names)
            _, (own, others), *there = await pipe.execute()
        if int(own) < int(local) or int(others) < self._replicas:
            return None
        return int(there[0]) if names else 0
