"""Ports of this machine, and waiting until a server behind one answers."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from itertools import count

from lookout.embedded.child import Child
from lookout.errors import LookoutError

HOST = "127.0.0.1"
FIRST, LAST = 20_000, 32_768
ANSWER_SECONDS = 10.0  # a Pi Zero with a slow card takes a few
PAUSE = 0.005  # seconds between two looks


class NotStarted(LookoutError):
    """A server did not come up; the message holds the end of its log."""


def free_port() -> int:
    """A port that nobody listens on now, nor takes before the caller's server does.

    Below 32768, from where on Linux numbers outgoing connections, and each process from another
    place on: one that the kernel chose could go to somebody else until the server is up.
    """
    return next(port for port in _candidates() if is_free(port))


@cache
def _candidates() -> Iterator[int]:
    first = os.getpid() * 61  # processes that start together are far apart
    return (FIRST + number % (LAST - FIRST) for number in count(first))


def is_free(port: int) -> bool:
    """Whether a server could listen on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


async def ask(port: int, request: bytes, until: bytes = b"\n") -> bytes:
    """Send some bytes and return the answer up to `until`; empty when there is none."""
    try:
        async with asyncio.timeout(1.0):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(request)
                return await reader.readuntil(until)
            finally:
                writer.close()
                await writer.wait_closed()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return b""


async def until_ready(child: Child, ready: Callable[[], Awaitable[bool | None]], what: str) -> None:
    """Wait until `ready` says so. Raises NotStarted when the child ends or the time is up.

    The time counts from when it last said None: it is there, and has work to do first. A Redis that
    reads gigabytes from a card needs minutes; one that was ended for that could never start.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + ANSWER_SECONDS
    while not (answer := await ready()):
        if not child.running:
            raise NotStarted(f"{what} ended at once. Its last words:\n{child.last_lines()}")
        if answer is None:
            deadline = clock() + ANSWER_SECONDS
        elif clock() > deadline:
            await child.kill()
            raise NotStarted(
                f"{what} did not answer within {ANSWER_SECONDS:.0f} s. "
                f"Its last words:\n{child.last_lines()}"
            )
        await asyncio.sleep(PAUSE)
