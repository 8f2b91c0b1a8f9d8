"""Wait for conditions with deadlines."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

PAUSE = 0.01  # seconds between two looks
PATIENCE = 30.0  # seconds: what takes one takes ten on a machine that is busy with other things


async def eventually(condition: Callable[[], Any], timeout: float = PATIENCE) -> Any:
    """Ask (plainly, or with an awaitable) again and again until the answer is true; return it.

    Fails with the condition's last AssertionError, or its last answer, after `timeout` seconds.
    """
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        problem: object
        try:
            answer = condition()
            if inspect.isawaitable(answer):
                answer = await answer
            if answer:
                return answer
            problem = answer
        except AssertionError as error:
            problem = error
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not so after {timeout} s; the last answer was: {problem!r}")
        await asyncio.sleep(PAUSE)
