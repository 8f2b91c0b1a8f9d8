"""The connection to Redis, what can go wrong with it, and what this server can do."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import structlog
from redis.exceptions import AuthenticationError

from lookout.host import progress
from lookout.host.outage import Outage
from lookout.host.pauses import Pauses
from lookout.host.redaction import redact_url
from lookout.host.settings import Redis as RedisSettings
from lookout.host.settings import SettingsError
from lookout.store import keys
from lookout.store.connection import StoreClient
from lookout.store.errors import IN_CLUSTER, StoreAway, StoreError
from lookout.store.pools import pool

logger = structlog.get_logger()

# redis-py types every answer as bytes | str | ..., whatever the client decodes; ours is always
# bytes, so each caller names the type of the answer that it expects.
Client: TypeAlias = Any

RETRY_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0

T = TypeVar("T")


@asynccontextmanager
async def opened(settings: RedisSettings, *, connections: int = 16) -> AsyncIterator[Client]:
    """A client that connects when first used, and is closed at the end.

    Callers wait while all `connections` are in use; the ordinary pool would raise as if
    the server were away.
    """
    async with pool(settings, connections) as connected:
        client: Client = StoreClient.from_pool(connected)
        try:
            yield client
        finally:
            await client.aclose()


async def wait_ready(client: Client, settings: RedisSettings) -> None:
    """Wait until the server answers; one log line when it does not, one when it does.

    Raises SettingsError when the server is there but refuses us, has no search or is a cluster.
    """
    outage = Outage("Redis")
    while True:
        try:
            await client.execute_command("FT._LIST")
            await _use_keys_together(client)
            break
        except StoreError as error:
            if advice := _advice(settings, error):
                raise SettingsError(advice) from None
            outage.down(str(error), redis=redact_url(settings.url))
            await asyncio.sleep(RETRY_SECONDS)
    outage.up(redis=redact_url(settings.url))


async def _use_keys_together(client: Client) -> None:
    """One transaction with keys that a cluster has in different places."""
    async with client.pipeline(transaction=True) as pipe:
        pipe.exists(keys.NODES)
        pipe.exists(keys.IMAGES_STREAM)
        await pipe.execute()


def _advice(settings: RedisSettings, error: StoreError) -> str:
    """What a person can do about it; empty when waiting may help."""
    where = redact_url(settings.url)
    if isinstance(error, IN_CLUSTER):
        return (
            f"The Redis at {where} is a cluster, which cannot write an image, its stream entry and "
            "its node at once. Run one server, with replicas and redis+sentinel:// if it must not "
            "go away, or a Redis Cloud database without clustering."
        )
    if (bad := _bad_certificate(error)) is not None:
        return (
            f"The certificate of the Redis at {where} is not accepted: "
            f"{bad.verify_message.rstrip('.')}. Use the name that is in it, and set "
            "LOOKOUT_REDIS__CA_FILE to the PEM file of its authority where that is none of the "
            "public ones."
        )
    # To redis-py a wrong password is a kind of ConnectionError.
    if isinstance(error, StoreAway) and not isinstance(error, AuthenticationError):
        return ""
    if "unknown command" in str(error).lower():
        return (
            f"The Redis at {where} has no search. Run redis:8 (search built in), Redis Stack or "
            "Redis Cloud, and set LOOKOUT_REDIS__URL to it."
        )
    return f"The Redis at {where} refused: {error}. Check user and password in LOOKOUT_REDIS__URL."


def _bad_certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """What was wrong with the server's certificate, if that is what an error came from."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


async def has_command(client: Client, name: str) -> bool:
    """Whether the server knows a command, such as TS.ADD."""
    # Not COMMAND INFO: redis-py fails to parse its answer for an unknown command.
    known = await client.execute_command("COMMAND LIST", "FILTERBY", "PATTERN", name)
    return bool(known)


async def keeps_append_only_file(client: Client) -> bool:
    """Whether the server writes an append-only file, so that WAITAOF means something."""
    info = await client.info("persistence")
    return bool(info.get("aof_enabled"))


async def run_id(client: Client) -> str:
    """The id of this run of the server; another after each restart."""
    info = await client.info("server")
    return str(info.get("run_id", ""))


async def on_disk(
    client: Client,
    marker: str,
    *,
    local: bool = True,
    replicas: int = 0,
    milliseconds: int = 2_000,
) -> bool:
    """Whether all that was written before this call is in append-only files now.

    In the server's own, if `local`, and in those of so many `replicas`. WAITAOF speaks of its own
    connection's writes only, so the marker key is written first: the file is in the order of the
    writes.
    """
    async with client.pipeline(transaction=False) as pipe:
        pipe.set(marker, "1", ex=3600)
        pipe.execute_command("WAITAOF", int(local), replicas, milliseconds)
        _, (own, others) = await pipe.execute()
    return int(own) >= int(local) and int(others) >= replicas


async def transient(
    action: Callable[[], Awaitable[T]], down: Callable[[bool], None] = lambda _: None
) -> T:
    """Do `action` until it succeeds; while the server is away or full, wait and try again.

    `down(True)` is called once when it begins to fail, `down(False)` when it works again. Waiting
    for a server that does not take writes is no fault of the work that waits (host/progress.py).
    """
    outage, pauses = Outage("writing to Redis"), Pauses(FIRST_PAUSE, LONGEST_PAUSE)
    while True:
        try:
            result = await action()
        except StoreAway as error:
            if outage.down(str(error)):
                down(True)
            progress.beat()
            await asyncio.sleep(pauses.next())
        else:
            if outage.up():
                down(False)
            return result
