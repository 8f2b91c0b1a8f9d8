"""How a process lives and ends: run until SIGTERM or SIGINT, then drain with a deadline."""

import asyncio
import ctypes
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import structlog

from lookout.errors import LookoutError
from lookout.host import descriptors, log, progress
from lookout.host.health import Heart
from lookout.host.settings import Settings, SettingsError
from lookout.host.tasks import Insistence, cancel

DRAIN_SECONDS = 8.0  # under Docker's and our demo's patience for a stop
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h

logger = structlog.get_logger()


class Unusable(LookoutError):
    """The process cannot do its work as things are; the message is for a person."""


def run(service: str, settings: Settings, body: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run `body` until it returns (True) or the process is told to stop (False).

    Exits 1 on Unusable or SettingsError, after a line that says what to do.
    """
    log.setup(settings.log, service=service)
    keep_large_buffers()
    limit = descriptors.raise_limit()
    heartbeat = heartbeat_path(settings.data, service)
    try:
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            return runner.run(_until_stopped(service, body, heartbeat, limit))
    except (Unusable, SettingsError) as error:
        logger.error("cannot go on", reason=str(error))
        sys.exit(1)


def fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop, where it is installed (the hub's extra has it; None: asyncio's own loop).

    It writes a list of buffers as it stands; until Python 3.12 asyncio joins the images of a batch
    first. Ingest needed 0.47 s of processor time for a thousand images without it, 0.40 with it.
    """
    try:
        import uvloop  # noqa: PLC0415 - a Pi has none
    except ImportError:
        return None
    return uvloop.new_event_loop


def heartbeat_path(data: Path, service: str) -> Path:
    """The file whose age tells whether the service does its work."""
    return data / "run" / f"{service}.heartbeat"


def keep_large_buffers() -> None:
    """Stop glibc returning 100 KiB buffers to the kernel after each image.

    Each image is several buffers of its size; mapping and faulting them anew costs paho a fifth
    to a half of its throughput. Decoded pictures (6 MB at 1080p) do go back at once, and threads
    share their memory: a camera node would otherwise keep some 20 MB that it needs no more.
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_MMAP_THRESHOLD, 2 << 20)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_TRIM_THRESHOLD, 64 << 20)
    except (OSError, AttributeError):
        return  # not glibc: nothing to tune


async def _until_stopped(
    service: str, body: Callable[[], Coroutine[Any, Any, None]], heartbeat: Path, limit: int
) -> bool:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    heart = Heart(heartbeat, progress.current())
    beat = asyncio.create_task(heart.beat(), name="heartbeat")
    files = asyncio.create_task(descriptors.watch(limit), name="open files")
    work = asyncio.create_task(body(), name=service)
    stopped = asyncio.create_task(stop.wait(), name="wait for a signal")
    try:
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            return True
        logger.info("stopping")
        await drain(work, DRAIN_SECONDS)
        logger.info("stopped")
        return False
    finally:
        await cancel(stopped, beat, files)


async def drain(work: asyncio.Task[None], seconds: float) -> None:
    """Cancel the work and wait for its cleanup, but not for ever."""
    insistence = Insistence(work)
    await asyncio.wait({work}, timeout=seconds)
    insistence.stop()
    if not work.done():
        names = sorted(task.get_name() for task in asyncio.all_tasks())
        logger.warning("gave up waiting for a clean stop", seconds=seconds, tasks=names)
        return
    if not work.cancelled() and (error := work.exception()):
        raise error
