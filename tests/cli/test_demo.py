"""`lookout demo` as a person runs it: a whole system that comes, works, and goes without a trace."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from lookout.cli.demo.status import Gallery, NoAnswer, Status
from lookout.embedded.ports import free_port, is_free
from tests.support.leftovers import alive, descendants
from tests.support.services import clean_environment
from tests.support.waiting import eventually

LOOKOUT = Path(sys.executable).with_name("lookout")
GOODBYE_SECONDS = 5.0

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
async def running(tmp_path: Path, *arguments: str, port: int | None = None) -> AsyncIterator[Demo]:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    environment = clean_environment() | {"HOME": str(home), "TMPDIR": str(temporary)}
    environment.pop("XDG_RUNTIME_DIR", None)
    wanted = port or free_port()
    process = await asyncio.create_subprocess_exec(
        LOOKOUT, "demo", "--port", str(wanted), *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
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

        async def all_is_well() -> None:
            status = await demo.status()
            assert (status.online, status.known) == (2, 2)
            assert status.images >= 4

        await demo.line_with(f"http://127.0.0.1:{demo.port}")
        await eventually(all_is_well_of(all_is_well), 30)
        assert demo.env_file.stat().st_mode & 0o777 == 0o600
        assert f"LOOKOUT_GALLERY_URL=http://127.0.0.1:{demo.port}" in demo.env_file.read_text()
        processes = descendants(demo.process.pid)
        assert len(processes) == 2 + 3 + 2  # servers, services, nodes

        began = time.monotonic()
        demo.process.send_signal(signal.SIGINT)
        words = await demo.words()

        assert await demo.process.wait() == 0, words
        assert time.monotonic() - began < GOODBYE_SECONDS
        assert not [pid for pid in processes if alive(pid)]
        assert is_free(demo.port)
        assert not demo.env_file.exists()
        assert not list(demo.temporary.iterdir())
