"""redis-py's client with errors of ours: the funnel that every command goes through."""

from typing import Any, Self

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from lookout.store.errors import translated


class StorePipeline(Pipeline):
    """Several commands in one round trip."""

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The answers; with `raise_on_error` False, errors are among them. Raises a StoreError."""
        try:
            answers = await super().execute(raise_on_error)
        except RedisError as error:
            raise translated(error) from error
        return [translated(each) if isinstance(each, RedisError) else each for each in answers]


class StoreClient(Redis):
    """As redis-py's, but what it raises is a StoreError."""

    async def execute_command(self, *words: Any, **options: Any) -> Any:
        """One command's answer. Raises a StoreError."""
        try:
            return await super().execute_command(*words, **options)  # type: ignore[no-untyped-call]
        except RedisError as error:
            raise translated(error) from error

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> StorePipeline:
        """Several commands in one round trip, with `transaction` all or none of them."""
        return StorePipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self
