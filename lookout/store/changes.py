"""What becomes of images, as it happens: stored, looked at, marked, deleted, brought back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

from lookout.host import progress
from lookout.host.tasks import stop_if_cancelled
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreAway, StoreRefused

BLOCK_MILLISECONDS: Final = 5_000  # under the client's socket timeout
# seen: something was seen in it; marked: somebody gave it tags or a note
What = Literal["stored", "deleted", "restored", "seen", "marked"]
_WHATS: Final[dict[bytes, What]] = {b"restored": "restored", b"seen": "seen", b"marked": "marked"}


@dataclass(frozen=True, slots=True)
class Change:
    """What has happened to some images, by their ids."""

    what: What
    ids: tuple[str, ...]


async def tell(
    client: Client, what: Literal["deleted", "restored", "marked"], ids: Sequence[str]
) -> None:
    """Say it to whoever follows.

    A Redis that is full refuses it: what is deleted is deleted all the same, and open pages find
    that out when they load the next time.
    """
    if not ids:
        return
    with suppress(StoreRefused):
        await client.xadd(
            keys.CHANGES_STREAM,
            {"what": what, "ids": " ".join(ids)},
            maxlen=keys.CHANGES_STREAM_LENGTH,
            approximate=True,
        )


async def follow(client: Client, *, count: int = 100) -> AsyncIterator[list[Change]]:
    """Everything from now on, in groups as it comes; what was stored is told before what went.

    While Redis is away it waits and goes on after the last entries that it gave.
    """
    last = {name: await _newest(client, name) for name in (keys.IMAGES_STREAM, keys.CHANGES_STREAM)}
    while True:
        try:
            answer = await client.xread(dict(last), count=count, block=BLOCK_MILLISECONDS)
        except StoreAway:
            await wait_until_back(client)
            continue
        stop_if_cancelled()
        progress.beat()
        entries = {name.decode(): found for name, found in answer or () if found}
        last |= {name: found[-1][0].decode() for name, found in entries.items()}
        stored = tuple(fields[b"id"].decode() for _, fields in entries.get(keys.IMAGES_STREAM, ()))
        changes = [Change("stored", stored)] if stored else []
        changes += [_read(fields) for _, fields in entries.get(keys.CHANGES_STREAM, ())]
        if changes:
            yield changes


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


async def _newest(client: Client, name: str) -> str:
    while True:
        try:
            entries = await client.xrevrange(name, count=1)
        except StoreAway:
            await wait_until_back(client)
        else:
            return entries[0][0].decode() if entries else "0-0"


def _read(fields: dict[bytes, bytes]) -> Change:
    what = _WHATS.get(fields.get(b"what", b""), "deleted")
    return Change(what, tuple(fields.get(b"ids", b"").decode().split()))
