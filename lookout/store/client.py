"""The connection to Redis, what can go wrong with it, and what this server can do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,  # noqa: A004
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004
)

from lookout.host.settings import Redis as RedisSettings
from lookout.host.settings import SettingsError, redact_url

logger = structlog.get_logger()

# redis-py types every answer as bytes | str | ..., whatever the client decodes; ours is always
# bytes, so each caller names the type of the answer that it expects.
Client: TypeAlias = Any

# Worth trying again: the server is away, busy starting, full, or a replica for the moment.
TRANSIENT: Final = (
    ConnectionError,
    TimeoutError,
    BusyLoadingError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
)
SOCKET_SECONDS = 10.0
RETRY_SECONDS = 1.0

StoreError = RedisError

__all__ = ["TRANSIENT", "Client", "ResponseError", "StoreError", "opened", "wait_ready"]


@asynccontextmanager
async def opened(settings: RedisSettings, *, connections: int = 16) -> AsyncIterator[Client]:
    """A client that connects when first used, and is closed at the end."""
    client: Client = Redis.from_url(
        settings.url,
        max_connections=connections,
        socket_connect_timeout=SOCKET_SECONDS,
        socket_timeout=SOCKET_SECONDS,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),  # one at once, for a connection that died while idle
        client_name="lookout",
        protocol=2,  # search answers have one shape on every server we support
    )
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
