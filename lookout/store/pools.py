"""Pools of connections: to one server, or to whichever is the primary that sentinels name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import DefaultParser
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

from lookout.host import redisurl
from lookout.host.settings import Redis as RedisSettings
from lookout.store.errors import TakesNoWrites
from lookout.store.packing import PackingConnection

SOCKET_SECONDS: Final = 10.0
SENTINEL_SECONDS: Final = 1.0  # until the next sentinel is asked


class Parser(DefaultParser):  # type: ignore[misc,valid-type]
    """redis-py takes these for a mistake of ours, such as a wrong type; they are temporary."""

    EXCEPTION_CLASSES: ClassVar = {
        **DefaultParser.EXCEPTION_CLASSES,
        **dict.fromkeys(("MISCONF", "NOREPLICAS", "BUSY"), TakesNoWrites),
    }


class SentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """Asks the sentinels at each connect; callers wait while all connections are in use.

    The library's own raises instead, as if the server were away.
    """


@asynccontextmanager
async def pool(settings: RedisSettings, connections: int) -> AsyncIterator[BlockingConnectionPool]:
    """A pool that connects when first used. The connections end with the client that uses it."""
    options: dict[str, Any] = {
        "max_connections": connections,
        "timeout": SOCKET_SECONDS,
        "socket_connect_timeout": SOCKET_SECONDS,
        "socket_timeout": SOCKET_SECONDS,
        "health_check_interval": 30,
        "retry": Retry(NoBackoff(), 1),  # one at once, for a connection that died while idle
        "client_name": "lookout",
        "parser_class": Parser,
        "protocol": 2,  # search answers have one shape on every server we support
        **_encryption(settings),
    }
    if not redisurl.is_sentinel(settings.url):
        # With rediss:// the address decides the class.
        yield BlockingConnectionPool.from_url(
            settings.url, connection_class=PackingConnection, **options
        )
        return
    async with _sentinels(settings) as (manager, found):
        credentials = {"username": found.username, "password": found.password, "db": found.db}
        encrypted = redisurl.is_encrypted(settings.url)
        make: Any = SentinelPool  # the library's own lacks types
        yield make(found.service, manager, ssl=encrypted, **credentials, **options)


@asynccontextmanager
async def _sentinels(
    settings: RedisSettings,
) -> AsyncIterator[tuple[Sentinel, redisurl.Sentinels]]:
    found = redisurl.sentinels(settings.url)
    secret = settings.sentinel_password
    make: Any = Sentinel
    manager: Sentinel = make(
        found.addresses,
        sentinel_kwargs={
            "socket_connect_timeout": SENTINEL_SECONDS,
            "socket_timeout": SENTINEL_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "password": secret.get_secret_value() if secret else None,
            "ssl": redisurl.is_encrypted(settings.url),
            **_encryption(settings),
        },
    )
    async with manager:
        yield manager, found


def _encryption(settings: RedisSettings) -> dict[str, Any]:
    """A certificate that is checked: its signer, its time and its name."""
    if not redisurl.is_encrypted(settings.url):
        return {}
    authorities = str(settings.ca_file) if settings.ca_file else None
    return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, "ssl_ca_certs": authorities}
