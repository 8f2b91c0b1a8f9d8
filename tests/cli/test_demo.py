"""`lookout demo` as people run it: a whole system that comes, works, and leaves no trace."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from lookout.bus.session import Session
from lookout.cli.demo.servers import Servers
from lookout.cli.demo.status import Gallery, NoAnswer, Status
from lookout.cli.demo.thermometer import NUMBER, write
from lookout.contract.nodes import Info, parse_info
from lookout.embedded.hub import services
from lookout.embedded.ports import free_port, is_free
from lookout.host.settings import Broker, Redis
from lookout.store.client import opened
from tests.support.leftovers import alive, descendants, describe
from tests.support.servers import BrokerServer, StoreServer
from tests.support.services import clean_environment
from tests.support.waiting import eventually

LOOKOUT = Path(sys.executable).with_name("lookout")
GOODBYE_SECONDS = 20.0  # two on a machine that does nothing else

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs, and where to look."""

    process: asyncio.subprocess.Process
    port: int
    home: Path
    temporary: Path

    @property
    def env_file(self) -> Path:
        return self.home / ".cache" / "lookout" / "demo.env"

    async def status(self) -> Status:
        try:
            return await Gallery(self.port).status()
        except NoAnswer as error:
            raise AssertionError(error) from None

    async def has(self, *, nodes: int, images: int) -> bool:
        """Whether exactly these nodes are online, and at least these images are stored."""
        status = await self.status()
        assert status.online == status.known == nodes, status
        assert status.images >= images, status
        return True

    async def words(self) -> str:
        """All that it said until its end."""
        assert self.process.stdout is not None
        return (await self.process.stdout.read()).decode()

    async def line_with(self, text: str) -> str:
        """The next line of its output that holds `text`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while text not in (line := (await self.process.stdout.readline()).decode()):
                assert line, f"it ended without saying {text!r}"
        return line


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A folder of two pictures, for cameras that start fast."""
    folder = tmp_path / "film"
    folder.mkdir()
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (64, 48), colour).save(folder / f"{name}.jpg")
    return folder


@asynccontextmanager
async def running(
    tmp_path: Path,
    *arguments: str,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Demo]:
    """A demo with a home and a temporary folder of its own, killed in the end if it still runs."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    folders = {"HOME": str(home), "TMPDIR": str(temporary), "XDG_RUNTIME_DIR": ""}
    wanted = port or free_port()
    process = await asyncio.create_subprocess_exec(
        LOOKOUT, "demo", "--port", str(wanted), *arguments,
        env={**clean_environment(), **folders, **(environment or {})},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield Demo(process, wanted, home, temporary)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_images_arrive_and_ctrl_c_leaves_nothing(tmp_path: Path, film: Path) -> None:
    arguments = ("--nodes", "2", "--interval", "0.5", "--source", str(film))
    async with running(tmp_path, *arguments) as demo:
        await demo.line_with(f"http://127.0.0.1:{demo.port}")
        await eventually(lambda: demo.has(nodes=2, images=4), 30)
        assert demo.env_file.stat().st_mode & 0o777 == 0o600
        assert f"LOOKOUT_GALLERY_URL=http://127.0.0.1:{demo.port}" in demo.env_file.read_text()
        processes = descendants(demo.process.pid)
        assert len(processes) == 2 + len(services()) + 2  # servers, services, nodes

        began = time.monotonic()
        demo.process.send_signal(signal.SIGINT)
        words = await demo.words()

        assert await demo.process.wait() == 0, words
        assert time.monotonic() - began < GOODBYE_SECONDS
        assert not [pid for pid in processes if alive(pid)]
        assert is_free(demo.port)
        assert not demo.env_file.exists()
        assert not list(demo.temporary.iterdir())


async def test_draws_scenes_keeps_all_in_the_folder_given_and_ends_after_its_duration(
    tmp_path: Path,
) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    taken = server.sockets[0].getsockname()[1]
    data = tmp_path / "kept"
    arguments = ("--nodes", "1", "--interval", "0.2", "--data", str(data), "--duration", "2")
    async with server, running(tmp_path, *arguments, port=taken) as demo:
        said = await demo.line_with(f"Port {taken} is taken")
        other = said.split()[-1]
        words = await demo.words()

        assert await demo.process.wait() == 0, words
        assert not list(demo.temporary.iterdir())
    last = words.rstrip().splitlines()[-1]
    assert re.match(r"[1-9]\d* images stored, 1 of 1 nodes online", last), words
    assert f"http://127.0.0.1:{other}" in words
    assert str(data / "logs") in words
    assert {"ingest.log", "events.log", "gallery.log", "garden.log"} <= {
        path.name for path in (data / "logs").iterdir()
    }
    assert (data / "redis" / "appendonlydir").is_dir()


async def test_a_service_that_dies_is_started_again_and_none_outlives_a_demo_that_is_killed(
    tmp_path: Path, film: Path
) -> None:
    arguments = ("--nodes", "1", "--interval", "0.5", "--source", str(film))
    async with running(tmp_path, *arguments) as demo:
        await eventually(lambda: demo.has(nodes=1, images=1), 30)
        (victim,) = [
            pid for pid in descendants(demo.process.pid) if "services.ingest" in describe(pid)
        ]

        os.kill(victim, signal.SIGKILL)

        assert await demo.line_with("ingest ended with code -9, starts again in 1 s")
        before = (await demo.status()).images
        await eventually(lambda: demo.has(nodes=1, images=before + 1), 30)
        processes = descendants(demo.process.pid)

        demo.process.kill()

        await eventually(lambda: not [pid for pid in processes if alive(pid)])


async def test_uses_the_servers_that_the_environment_names(
    tmp_path: Path,
    film: Path,
    broker: BrokerServer,
    redis_server: StoreServer,
) -> None:
    arguments = ("--nodes", "1", "--source", str(film))
    servers = {"LOOKOUT_MQTT__URL": broker.url("hub"), "LOOKOUT_REDIS__URL": redis_server.url}
    async with running(tmp_path, *arguments, environment=servers) as demo:
        await eventually(lambda: demo.has(nodes=1, images=1), 30)

        assert (
            len(descendants(demo.process.pid)) == len(services()) + 1
        )  # services and node, no server
        async with opened(Redis(url=redis_server.url)) as redis:
            assert await redis.keys("image:garden:*")
        demo.process.terminate()
        await demo.words()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nodes", "0"], "--nodes"),
        (["--interval", "0"], "--interval"),
        (["--source", "no-such-film.mp4"], "no-such-film.mp4"),
        (["--port", "70000"], "--port"),
    ],
)
async def test_refuses_what_cannot_be(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    async with running(tmp_path, *arguments) as demo:
        words = await demo.words()

        assert await demo.process.wait() == 2
        assert complaint in words


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("notes.txt", b"buy milk", "this is no film"),
        ("empty.mp4", b"", "this is no film"),
        ("folder", None, "no .jpg or .jpeg file is in this folder"),
    ],
)
async def test_what_cannot_be_played_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes | None, complaint: str
) -> None:
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    async with running(tmp_path, "--source", str(path)) as demo:
        words = await demo.words()
        assert await demo.process.wait() == 1
    assert complaint in words
    assert "Traceback" not in words


async def test_a_folder_that_cannot_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with running(tmp_path, "--data", "/proc/lookout") as demo:
        words = await demo.words()
        assert await demo.process.wait() == 1
    assert "--data /proc/lookout: nothing can be written there" in words
    assert "Traceback" not in words


async def test_each_camera_can_be_watched_live_and_the_first_one_shows_all_there_is(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, "--nodes", "2", "--interval", "1") as demo:
        await demo.line_with(f"http://127.0.0.1:{demo.port}")
        urls = dict(line.split("=", 1) for line in demo.env_file.read_text().splitlines())
        infos: dict[str, Info] = {}

        async with Session(Broker(url=urls["LOOKOUT_MQTT__URL"]), "test") as hub:
            told = hub.subscribe("lookout/+/info")

            async def all_is_there() -> bool:
                message = await anext(told)
                infos[message.topic.split("/")[1]] = parse_info(message.payload)
                first = infos.get("garden", Info())
                return len({info.live_url for info in infos.values()} - {None}) == 2 and bool(
                    first.motion and first.lights and first.presets
                )

            await eventually(all_is_there)
            readings = hub.subscribe("lookout/garden/reading")

            async def warm() -> bool:
                return b"greenhouse_temperature" in (await anext(readings)).payload

            await eventually(warm)
        assert infos["garden"].presets == ("standard", "night", "party")
        assert (Path(urls["LOOKOUT_DATA"]) / "spool" / "garden").is_dir()


def test_the_thermometer_is_read_as_the_kernel_would_show_it(tmp_path: Path) -> None:
    file = tmp_path / NUMBER / "w1_slave"
    file.parent.mkdir()
    write(file, 21.375)
    assert read_ds18b20(tmp_path) == 21.375


def read_ds18b20(bus: Path) -> float:
    code = (
        "from services.camera.sensors import make_sensor\n"
        "from services.camera.settings.sensors import Ds18b20\n"
        f"device = Ds18b20(kind='ds18b20', id={NUMBER!r}, path={str(bus)!r})\n"
        "print(make_sensor(device).read()['temperature'])"
    )
    return float(
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    )


def test_a_broker_that_has_ended_is_told() -> None:
    alive = {"The broker": True, "Redis": True}
    servers = Servers({}, "", {name: partial(alive.__getitem__, name) for name in alive})
    assert servers.trouble == ""
    alive["The broker"] = False
    assert servers.trouble.startswith("The broker has ended: nothing is stored any more.")
