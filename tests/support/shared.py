"""Servers that one process starts once, and that each of its tests finds as if they were new.

A Mosquitto and a Redis for every test cost 0.3 s of each: a third of the whole run.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias, cast

from lookout.host.settings import Redis
from lookout.store.client import Client, opened
from tests.support.servers import PASSWORD, BrokerServer, StoreServer, make_broker, make_store

USERS = {name: f"{PASSWORD} {name}" for name in ("hub", "garden", "barn", "gate", "esp32")}
Setting: TypeAlias = tuple[str, str]
OWN = "own_servers"  # the marker of tests that stop or configure a server


class SharedServers:
    """Starts each server when the first test asks for it; `stop` ends them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = AsyncExitStack()
        self._broker: BrokerServer | None = None
        self._store: StoreServer | None = None
        self._configuration: Mapping[Setting, Any] = {}

    async def broker(self) -> BrokerServer:
        """A broker without clients, sessions and retained messages."""
        folder = self._folder / "broker"
        if self._broker is None:
            broker = make_broker(folder, USERS)
            self._broker = await self._running.enter_async_context(broker)
        else:
            # 40 ms. Cheaper ways find what is retained, but not the sessions kept for those away.
            await self._broker.kill()
            (folder / "mosquitto.db").unlink(missing_ok=True)
            await self._broker.start()
        return cast(BrokerServer, Lent(self._broker))

    async def store(self) -> StoreServer:
        """A Redis without keys, indexes and clients, configured as when it started."""
        if self._store is None:
            store = make_store(self._folder / "redis")
            self._store = await self._running.enter_async_context(store)
            async with opened(Redis(url=self._store.url)) as client:
                self._configuration = await _configuration(client)
        else:
            async with opened(Redis(url=self._store.url)) as client:
                await self._empty(client)
        return cast(StoreServer, Lent(self._store))

    def pids(self) -> set[int]:
        """The processes that stay from test to test; containers are none of ours."""
        pids = (getattr(server, "pid", None) for server in (self._broker, self._store))
        return {pid for pid in pids if pid is not None}

    async def stop(self) -> None:
        await self._running.aclose()

    async def _empty(self, client: Client) -> None:
        configuration = await _configuration(client)
        for (command, name), value in self._configuration.items():
            if configuration[command, name] != value:
                await client.execute_command(command, "SET", name, value)
        for user in await client.acl_users():
            if user != "default":
                await client.acl_deluser(user)
        await client.flushall()  # its indexes go with it
        await client.script_flush()
        await client.config_resetstat()


async def _configuration(client: Client) -> dict[Setting, Any]:
    """Each setting of the server and of its search module."""
    server = await client.config_get("*")
    search = await client.execute_command("FT.CONFIG", "GET", "*")
    return {("CONFIG", name): value for name, value in server.items()} | {
        ("FT.CONFIG", pair[0].decode()): pair[1] for pair in search
    }


class Lent:
    """What a test may use of a server that others use after it: its address."""

    def __init__(self, server: BrokerServer | StoreServer) -> None:
        self._server = server

    def __getattr__(self, name: str) -> Any:
        if name not in {"port", "url"}:
            raise AttributeError(f"to use a server's `{name}`, mark the test with `{OWN}`")
        return getattr(self._server, name)
