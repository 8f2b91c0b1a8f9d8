"""The connection to Redis, what can go wrong with it, and what this server can do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final, TypeAlias, TypeVar

import structlog
from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import DefaultParser
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,  # noqa: A004
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TimeoutError,  # noqa: A004
)

from lookout.host.settings import Redis as RedisSettings
from lookout.host.settings import SettingsError, redact_url

logger = structlog.get_logger()

# redis-py types every answer as bytes | str | ..., whatever the client decodes; ours is always
# bytes, so each caller names the type of the answer that it expects.
Client: TypeAlias = Any


class TakesNoWrites(exceptions.ResponseError):
    """The disk of the append-only file is full, replicas are away, or a script runs too long."""


class _Parser(DefaultParser):  # type: ignore[misc,valid-type]
    """redis-py takes these for a mistake of ours, such as a wrong type; they pass."""

    EXCEPTION_CLASSES: ClassVar = {
        **DefaultParser.EXCEPTION_CLASSES,
        **dict.fromkeys(("MISCONF", "NOREPLICAS", "BUSY"), TakesNoWrites),
    }


# Worth trying again: the server is away, busy starting, full, or a replica for the moment.
TRANSIENT: Final = (
    ConnectionError,
    TimeoutError,
    BusyLoadingError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TakesNoWrites,
)
SOCKET_SECONDS = 10.0
RETRY_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0

T = TypeVar("T")

StoreError = RedisError
ResponseError = exceptions.ResponseError


@asynccontextmanager
async def opened(settings: RedisSettings, *, connections: int = 16) -> AsyncIterator[Client]:
    """A client that connects when first used, and is closed at the end.

    Who asks while all `connections` are in use waits for one; the ordinary pool would raise as if
    the server were away.
    """
    pool = BlockingConnectionPool.from_url(
        settings.url,
        max_connections=connections,
        timeout=SOCKET_SECONDS,
        socket_connect_timeout=SOCKET_SECONDS,
        socket_timeout=SOCKET_SECONDS,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),  # one at once, for a connection that died while idle
        client_name="lookout",
        parser_class=_Parser,
        protocol=2,  # search answers have one shape on every server we support
    )
    client: Client = Redis.from_pool(pool)
    try:
        yield client
    finally:
        await client.aclose()


async def wait_ready(client: Client, settings: RedisSettings) -> None:
    """Wait until the server answers; one log line when it does not, one when it does.

    Raises SettingsError when the server is there but refuses us or has no search.
    """
    waiting = False
    while True:
        try:
            await client.execute_command("FT._LIST")
            break
        except AuthenticationError as error:  # to redis-py a kind of ConnectionError
            raise SettingsError(_advice(settings, error)) from None
        except TRANSIENT as error:
            if not waiting:
                where = redact_url(settings.url)
                logger.warning("Redis is away, will keep trying", redis=where, reason=str(error))
            waiting = True
            await asyncio.sleep(RETRY_SECONDS)
        except RedisError as error:
            raise SettingsError(_advice(settings, error)) from None
    if waiting:
        logger.info("Redis is back", redis=redact_url(settings.url))


def _advice(settings: RedisSettings, error: RedisError) -> str:
    where = redact_url(settings.url)
    if "unknown command" in str(error).lower():
        return (
            f"The Redis at {where} has no search. Run redis:8 (search built in), Redis Stack or "
            "Redis Cloud, and set LOOKOUT_REDIS__URL to it."
        )
    return f"The Redis at {where} refused: {error}. Check user and password in LOOKOUT_REDIS__URL."


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


async def on_disk(client: Client, marker: str, *, milliseconds: int = 2_000) -> bool:
    """Whether all that was written before this call is in the server's append-only file now.

    WAITAOF speaks of its own connection's writes only, so the marker key is written first: the
    file is in the order of the writes.
    """
    async with client.pipeline(transaction=False) as pipe:
        pipe.set(marker, "1", ex=3600)
        pipe.execute_command("WAITAOF", 1, 0, milliseconds)
        _, (local, _) = await pipe.execute()
    return bool(local)


async def transient(action: Callable[[], Awaitable[T]], down: Callable[[bool], None]) -> T:
    """Do `action` until it succeeds; while the server is away or full, wait and try again.

    `down(True)` is called once when it begins to fail, `down(False)` when it works again.
    """
    failing, pause = False, FIRST_PAUSE
    while True:
        try:
            result = await action()
        except TRANSIENT as error:
            if not failing:
                logger.warning("Redis does not take writes, waiting", reason=str(error))
                down(True)
            failing = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            if failing:
                logger.info("Redis takes writes again")
                down(False)
            return result
