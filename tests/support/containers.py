"""The tests' servers in containers, by testcontainers."""

import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from testcontainers.core.container import DockerContainer

from lookout.embedded import broker, redis_server
from lookout.embedded.ports import HOST, free_port
from lookout.embedded.programs import access_rules
from tests.support.waiting import eventually

START_SECONDS = 30.0
FOLDER = "/lookout"  # the test's folder, inside the container


class Container:
    """A container that can be stopped, killed and started again on the same port and data."""

    def __init__(
        self, container: DockerContainer, ready: Callable[[], Awaitable[bool | None]]
    ) -> None:
        self._container = container
        self._ready = ready
        self._created = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._created:
            self._container.stop(force=True, delete_volume=True)

    @property
    def raw(self) -> Any:
        """The Docker library's own object."""
        return self._container.get_wrapped_container()

    async def start(self) -> None:
        if self._created:
            self.raw.start()
        else:
            self._container.start()
            self._created = True
        await eventually(self._ready, timeout=START_SECONDS)

    async def stop(self) -> None:
        self.raw.stop(timeout=5)

    async def kill(self) -> None:
        self.raw.kill()
        self.raw.wait(timeout=5)

    def freeze(self) -> None:
        self.raw.pause()

    def thaw(self) -> None:
        self.raw.unpause()


class MosquittoContainer(Container):
    """eclipse-mosquitto with the project's access rules."""

    def __init__(self, folder: Path, users: dict[str, str]) -> None:
        self.port = free_port()
        self._users = dict(users)
        folder.mkdir(parents=True)
        self._configuration = folder / "mosquitto.conf"
        self.configure("")
        (folder / "acl").write_text(access_rules().read_text())
        (folder / "passwords").write_text("".join(f"{n}:{p}\n" for n, p in users.items()))
        container = DockerContainer("eclipse-mosquitto:2").with_command(_hash_once_and_run())
        container.with_bind_ports(1883, self.port).with_volume_mapping(str(folder), FOLDER, "rw")
        super().__init__(container, lambda: broker.answers(self.port))

    def url(self, user: str) -> str:
        return f"mqtt://{quote(user)}:{quote(self._users[user], safe='')}@{HOST}:{self.port}"

    def configure(self, more: str) -> None:
        configuration = broker.CONFIGURATION.format(
            port=1883,
            host="0.0.0.0",  # noqa: S104
            folder=FOLDER,
            max_packet_size=broker.MAX_PACKET_SIZE,
        )
        self._configuration.write_text(configuration + more)

    def logged(self) -> str:
        """All that it wrote to its log."""
        return str(self.raw.logs().decode())

    def add_user(self, name: str, password: str) -> None:
        command = ["mosquitto_passwd", "-b", f"{FOLDER}/passwords", name, password]
        code, output = self.raw.exec_run(command)
        assert code == 0, output
        self._users[name] = password
        self.raw.kill("SIGHUP")


class RedisContainer(Container):
    """redis:8 with an append-only file."""

    def __init__(self, folder: Path, *, password: str, maxmemory: int | None = None) -> None:
        self.port = free_port()
        self._password = password
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--requirepass", password, "--appendonly", "yes", "--save", ""]
        options += ["--maxmemory-policy", "volatile-ttl", "--maxmemory", str(maxmemory or 0)]
        container = DockerContainer("redis:8").with_command(["redis-server", *options])
        container.with_bind_ports(6379, self.port).with_volume_mapping(str(folder), "/data", "rw")
        super().__init__(container, lambda: redis_server.answers(self.port, password))

    @property
    def url(self) -> str:
        return f"redis://:{quote(self._password, safe='')}@{HOST}:{self.port}/0"


def _hash_once_and_run() -> str:
    hashed = f"test -e {FOLDER}/hashed || mosquitto_passwd -U {FOLDER}/passwords"
    script = f"{hashed}; touch {FOLDER}/hashed; exec mosquitto -c {FOLDER}/mosquitto.conf"
    return f"sh -c {shlex.quote(script)}"
