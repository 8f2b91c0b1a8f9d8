"""A primary, a replica and a sentinel that lets the replica take over."""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

from redis.asyncio import Redis as PlainClient

from lookout.embedded.child import Child
from lookout.embedded.ports import HOST, ask, free_port, until_ready
from lookout.embedded.programs import quoted
from lookout.embedded.redis_server import RedisServer, find_server
from tests.support.waiting import eventually

SERVICE: Final = "lookout"
PASSWORD: Final = "of-the-servers"
SENTINEL_PASSWORD: Final = "of-the-sentinels"
CONFIGURATION: Final = """\
port {port}
bind 127.0.0.1
dir {folder}
requirepass {sentinel_password}
sentinel monitor {service} 127.0.0.1 {primary} 1
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 1000
sentinel failover-timeout {service} 4000
"""


class Watched:
    """Two servers under a sentinel's watch; use as an async context manager."""

    def __init__(self, folder: Path) -> None:
        self.primary = RedisServer(folder / "primary", password=PASSWORD)
        self.replica = RedisServer(folder / "replica", password=PASSWORD)
        login = f"masterauth {quoted(PASSWORD)}"
        self.primary.configure(login, "repl-diskless-sync-delay 0")
        of_primary = f"replicaof {HOST} {self.primary.port}"
        self.replica.configure(login, of_primary)
        self.port = free_port()
        self._file = folder / "sentinel.conf"
        program, _ = find_server()
        command = [str(program), str(self._file), "--sentinel"]
        self._sentinel = Child(command, log=folder / "sentinel.log", folder=folder)

    async def __aenter__(self) -> Self:
        await self.primary.start()
        await self.replica.start()
        await eventually(self._in_step)
        self._write()
        self._sentinel.start()
        await until_ready(self._sentinel, self._knows_both, "The sentinel")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._sentinel.stop()
        for server in (self.replica, self.primary):
            await server.stop()

    @property
    def url(self) -> str:
        return f"redis+sentinel://:{PASSWORD}@{HOST}:{self.port}/{SERVICE}/0"

    async def until_promoted(self, server: RedisServer) -> None:
        """Wait until the sentinel names this server as the primary."""
        await eventually(lambda: self._names(server.port))

    async def part(self) -> None:
        """From now on the replica hears nothing of the primary, though both live."""
        async with PlainClient.from_url(self.replica.url) as client:
            await client.config_set("masterauth", "not that")
            await client.client_kill_filter(_type="master")

    def _write(self) -> None:
        values = {"service": SERVICE, "password": PASSWORD, "sentinel_password": SENTINEL_PASSWORD}
        self._file.write_text(
            CONFIGURATION.format(
                port=self.port, folder=self._file.parent, primary=self.primary.port, **values
            )
        )

    async def _in_step(self) -> bool:
        async with PlainClient.from_url(self.replica.url) as client:
            return bool((await client.info("replication"))["master_link_status"] == "up")

    async def _knows_both(self) -> bool:
        told = await self._ask(f"SENTINEL REPLICAS {SERVICE}")
        return str(self.replica.port).encode() in told

    async def _names(self, port: int) -> bool:
        told = await self._ask(f"SENTINEL GET-MASTER-ADDR-BY-NAME {SERVICE}")
        return str(port).encode() in told

    async def _ask(self, command: str) -> bytes:
        login = f"AUTH {SENTINEL_PASSWORD}\r\n"
        return await ask(self.port, f"{login}{command}\r\nPING\r\n".encode(), b"PONG\r\n")
