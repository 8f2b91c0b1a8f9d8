"""Saved searches: a name, and the filter line it stands for. All who use the hub share them."""

from typing import Final

from lookout.errors import LookoutError
from lookout.store import keys
from lookout.store.client import Client

MOST: Final = 100  # searches
LONGEST_NAME: Final = 60  # characters
_SAVE: Final = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3])
then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


class TooManySearches(LookoutError):
    """No more may be saved."""

    def __init__(self) -> None:
        super().__init__(f"{MOST} searches are saved, and no more may be. Delete one first.")


def check_name(text: str) -> str:
    """The name of a search. Raises ValueError."""
    name = text.strip()
    if not name or not name.isprintable() or "/" in name or len(name) > LONGEST_NAME:
        raise ValueError(f"use a name of 1 to {LONGEST_NAME} letters without a slash")
    return name


async def every(client: Client) -> dict[str, str]:
    """All of them, by name in its order: the filter line of each."""
    found = await client.hgetall(keys.SEARCHES)
    return {name.decode(): found[name].decode() for name in sorted(found)}


async def save(client: Client, name: str, line: str) -> None:
    """Keep a search; one of that name is replaced. Raises TooManySearches."""
    if not await client.eval(_SAVE, 1, keys.SEARCHES, name, line, MOST):
        raise TooManySearches


async def forget(client: Client, name: str) -> bool:
    """Delete a search. False when there is none of that name."""
    return bool(await client.hdel(keys.SEARCHES, name))
