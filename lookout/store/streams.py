"""The stream of images: follow what is stored as it comes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from lookout.host import progress
from lookout.host.tasks import stop_if_cancelled
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreAway

BLOCK_MILLISECONDS = 5_000  # under the client's socket timeout


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry of the `images` stream."""

    entry: str
    id: str
    node: str
    timestamp: float


async def follow_images(client: Client, *, count: int = 100) -> AsyncIterator[list[Stored]]:
    """Every image from now on, in groups as they come, for a reader that wants them all.

    While Redis is away it waits and goes on after the last entry that it gave.
    """
    last = await _newest(client)
    while True:
        try:
            answer = await client.xread(
                {keys.IMAGES_STREAM: last}, count=count, block=BLOCK_MILLISECONDS
            )
        except StoreAway:
            await wait_until_back(client)
            continue
        stop_if_cancelled()
        progress.beat()
        for _, entries in answer or ():
            last = entries[-1][0].decode()
            yield [_stored(entry, fields) for entry, fields in entries]


async def wait_until_back(client: Client, pause: float = 0.5) -> None:
    """Wait until the server answers a PING again."""
    while True:
        try:
            await client.ping()
        except StoreAway:
            progress.beat()
            await asyncio.sleep(pause)
        else:
            return


async def _newest(client: Client) -> str:
    while True:
        try:
            entries = await client.xrevrange(keys.IMAGES_STREAM, count=1)
        except StoreAway:
            await wait_until_back(client)
        else:
            return entries[0][0].decode() if entries else "0-0"


def _stored(entry: bytes, fields: dict[bytes, bytes]) -> Stored:
    return Stored(
        entry.decode(),
        fields[b"id"].decode(),
        fields[b"node"].decode(),
        float(fields[b"timestamp"]),
    )
