"""What the tests of the store share."""

from collections.abc import AsyncIterator

import pytest

from lookout.host.settings import Redis
from lookout.store.client import Client, opened
from lookout.store.index import ensure_indexes


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    """A client of the test's Redis, its indexes made."""
    async with opened(Redis(url=redis_url)) as redis:
        await ensure_indexes(redis)
        yield redis
