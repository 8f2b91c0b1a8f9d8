"""Asking the search module so that an answer is whole, or an error.

RediSearch ends a search at its time limit (500 ms unless told otherwise) and, by its default
policy, answers with what it has found until then, without a word. So every question names its own
limit, and an answer counts as whole only where the server's policy is to fail, or where by its own
clock the limit cannot have passed. What was cut is a SearchCut: to be asked again, smaller.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from lookout.store.client import Client
from lookout.store.errors import StoreAway, StoreRefused

# Seconds that one question may hold the server, one after the other while it is cut: first a
# smaller question will do, later the server must be slow.
LIMITS: Final = (0.015, 0.015, 0.015, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.0)
CERTAIN: Final = 0.8  # part of a limit in which an answer was surely not cut
PATIENCE: Final = (0.01, 0.02, 0.05, 0.1)  # seconds that an index is waited for, between looks
_POLICY: Final = ("FT.CONFIG", "GET", "ON_TIMEOUT")
_STRICT: Final = (
    ("FT.CONFIG", "SET", "ON_TIMEOUT", "fail"),
    ("CONFIG", "SET", "search-on-timeout", "fail"),  # the other name of it since Redis 8
)
NOT_STRICT: Final = (
    "This Redis may end a search early and answer with a part of what there is, and does not let "
    "us change that: set its option search-on-timeout (ON_TIMEOUT of RediSearch) to fail. Until "
    "then a search that takes about as long as it may counts as cut and is tried again, smaller."
)


class NotWhole(StoreAway):
    """An answer that would be a part of the truth, and so is none; try again later."""


class SearchCut(NotWhole):
    """Redis did not finish a search in its time; what it had found until then is thrown away."""

    def __init__(self, why: str = "Redis does not finish a search in its time") -> None:
        super().__init__(f"{why}. Narrow the search, or try again.")


class Indexing(NotWhole):
    """Redis is still filling an index: it would find only a part."""

    def __init__(self, index: str, done: float) -> None:
        super().__init__(
            f"Redis is filling its index {index}, {done:.0%} is done: until then a search would "
            "find only a part. Try again in a moment."
        )


class Asker:
    """Asks one server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def ask(self, *command: str | int | float, limit: float = LIMITS[0]) -> Any:
        """The whole answer. Raises SearchCut or another StoreError."""
        answer, _ = await self.timed(*command, limit=limit)
        return answer

    async def timed(
        self, *command: str | int | float, limit: float = LIMITS[0]
    ) -> tuple[Any, float]:
        """The whole answer, and how many seconds the server took. Raises as `ask` does."""
        (answer,), seconds = await self.each([command], limit=limit)
        if isinstance(answer, Exception):
            raise answer
        return answer, seconds

    async def each(
        self, commands: Sequence[Sequence[str | int | float]], *, limit: float = LIMITS[0]
    ) -> tuple[list[Any], float]:
        """For each question its whole answer or what was wrong, and the seconds for all together.

        By the server's clock: ours would count what else this process does as well.
        """
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.execute_command("TIME")
            for command in commands:
                pipe.execute_command(*command, "TIMEOUT", max(1, round(limit * 1000)))
            pipe.execute_command("TIME")
            # With each question, as a server that was started again has forgotten its policy.
            pipe.execute_command(*_POLICY)
            began, *answers, ended, policy = await pipe.execute(raise_on_error=False)
        seconds = _seconds(ended) - _seconds(began)
        # Not by the half: its clock may have been set, and its limit is counted roughly.
        if not _is_strict(policy) and not 0 <= seconds < limit * CERTAIN:
            await be_strict(self._client)
            answers = [SearchCut() for _ in answers]
        return [_cut(answer) for answer in answers], seconds

    async def complete(self, index: str) -> int:
        """How many documents an index has.

        Raises Indexing while the server still fills it, as after an upgrade; a moment is waited.
        """
        for pause in (*PATIENCE, None):
            answer = await self._client.execute_command("FT.INFO", index)
            info = dict(zip(answer[::2], answer[1::2], strict=False))
            if not int(info.get(b"indexing", 0)):
                break
            if pause is None:
                raise Indexing(index, float(info.get(b"percent_indexed", 0)))
            await asyncio.sleep(pause)
        return int(info[b"num_docs"])


async def be_strict(client: Client) -> bool:
    """Let the server say when it ends a search early; False where it does not let us.

    It forgets this when it is started again.
    """
    for command in _STRICT:
        try:
            await client.execute_command(*command)
        except StoreRefused:
            continue
        return True
    return False


def _seconds(answer: Any) -> float:
    """Of the TIME command's seconds and microseconds; redis-py makes a pair of them."""
    if isinstance(answer, Exception):
        raise answer
    whole, millionths = answer
    return int(whole) + int(millionths) / 1e6


def _is_strict(policy: Any) -> bool:
    return isinstance(policy, list) and [pair[1].lower() for pair in policy] == [b"fail"]


def _cut(answer: Any) -> Any:
    said = str(answer).lower() if isinstance(answer, StoreRefused) else ""
    return SearchCut() if "timeout" in said else answer
