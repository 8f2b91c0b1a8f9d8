"""Films that were asked for: one is made at a time, and what is made outlives a restart.

Each has a file of its own that says what it is, and beside it the film once it is done. A film that
was under way when the gallery ended is begun anew when it starts.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import structlog

from lookout.errors import LookoutError
from lookout.host.files import replace_file
from lookout.store.errors import StoreAway, StoreError
from lookout.store.images import Images
from lookout.store.search import Row
from services.gallery.timelapse.film import HEAD

MOST_WAITING: Final = 5
MOST_KEPT: Final = 20  # of those that are done; the oldest goes
AGAIN_SECONDS: Final = 2.0  # while Redis is away
SECONDS_A_PICTURE: Final = 60.0  # then the process that makes the film is stuck
State = Literal["waiting", "running", "done", "failed", "cancelled"]
logger = structlog.get_logger()


class TooManyFilms(LookoutError):
    """Too many wait already."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_WAITING} films wait to be made already. Try again later.")


class _Failed(Exception):
    """The film cannot be made; the text says why."""


@dataclass(slots=True)
class Film:
    """What was asked for, and how far it is."""

    id: str
    asked: dict[str, Any]  # as the API takes it
    look: dict[str, Any]
    made_at: float = field(default_factory=time.time)
    state: State = "waiting"
    frames: int = 0
    done: int = 0
    bytes: int = 0
    error: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is yet to be made."""
        return self.state in {"waiting", "running"}


Choose = Callable[[dict[str, Any]], Any]  # of what was asked for, the rows of the pictures


class Jobs:
    """Makes them in the order in which they were asked for."""

    def __init__(self, folder: Path, images: Images, choose: Choose) -> None:
        self._folder = folder
        self._images = images
        self._choose = choose
        self._films: dict[str, Film] = {}
        self._asked = asyncio.Event()
        self._under_way: tuple[str, asyncio.Task[None]] | None = None

    def every(self) -> list[Film]:
        """All of them, the newest first."""
        return sorted(self._films.values(), key=lambda film: film.id, reverse=True)

    def get(self, film_id: str) -> Film | None:
        """One; None when there is none."""
        return self._films.get(film_id)

    def path(self, film: Film) -> Path:
        """Where it is, once it is done."""
        return self._folder / f"{film.id}.mp4"

    def add(self, film: Film) -> None:
        """Have it made. Raises TooManyFilms, OSError."""
        if sum(each.is_open for each in self._films.values()) >= MOST_WAITING:
            raise TooManyFilms
        self._save(film)
        self._films[film.id] = film
        for old in [each for each in self.every() if not each.is_open][MOST_KEPT:]:
            self.remove(old)
        self._asked.set()

    def cancel(self, film: Film) -> None:
        """Do not make it, or not to its end."""
        film.state = "cancelled"
        self._save(film)
        if self._under_way is not None and self._under_way[0] == film.id:
            self._under_way[1].cancel()

    def remove(self, film: Film) -> None:
        """Delete it, whatever its state."""
        if film.is_open:
            self.cancel(film)
        del self._films[film.id]
        for path in (self.path(film), self._folder / f"{film.id}.json"):
            path.unlink(missing_ok=True)

    async def run(self) -> None:
        """Make what was asked for, for ever."""
        await asyncio.to_thread(self._load)
        while True:
            self._asked.clear()
            waiting = [film for film in reversed(self.every()) if film.is_open]
            if not waiting:
                await self._asked.wait()
                continue
            await self._one(waiting[0])

    async def _one(self, film: Film) -> None:
        task = asyncio.create_task(self._make(film), name=f"time-lapse {film.id}")
        self._under_way = film.id, task
        try:
            await asyncio.wait({task})
        finally:
            self._under_way = None
            if not task.done():  # we are to end; it is begun anew next time
                task.cancel()
                await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            await self._end(film, error)

    async def _end(self, film: Film, error: BaseException) -> None:
        if isinstance(error, StoreAway):
            await asyncio.sleep(AGAIN_SECONDS)
            return
        known = isinstance(error, _Failed | StoreError | OSError)
        film.state, film.error = "failed", str(error) if known else type(error).__name__
        logger.warning("a time-lapse was not made", id=film.id, reason=str(error))
        with suppress(OSError):
            self._save(film)

    async def _make(self, film: Film) -> None:
        film.state, film.done = "running", 0
        rows = await self._choose(film.asked)
        film.frames = len(rows)
        if not rows:
            raise _Failed("no picture matches")
        partial = self._folder / f"{film.id}.part"
        try:
            await self._encode(film, rows, partial)
            if film.state == "running":
                film.bytes = partial.stat().st_size
                partial.replace(self.path(film))
                film.state = "done"
                self._save(film)
        finally:
            partial.unlink(missing_ok=True)

    async def _encode(self, film: Film, rows: Sequence[Row], path: Path) -> None:
        module, pipe = "services.gallery.timelapse.film", asyncio.subprocess.PIPE
        command = (sys.executable, "-m", module, str(path), json.dumps(film.look))
        maker = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        sending = asyncio.create_task(self._send(maker, rows), name="time-lapse pictures")
        try:
            said = await self._count(maker, film)
            code = await maker.wait()
            await sending
            if code:
                raise _Failed(said or f"the process that makes it ended with {code}")
        finally:
            if maker.returncode is None:
                maker.kill()
                await maker.wait()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, maker: asyncio.subprocess.Process, rows: Sequence[Row]) -> None:
        """A picture at a time: what has gone by its turn is left out."""
        if maker.stdin is None:
            return
        try:
            for row in rows:
                data = await self._images.data(row["id"])
                if data is not None:
                    maker.stdin.write(HEAD.pack(float(row["timestamp"]), len(data)) + data)
                    await maker.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # its exit code says more
        except StoreError:
            maker.kill()  # half a film must not look like a whole one
            raise
        maker.stdin.close()

    async def _count(self, maker: asyncio.subprocess.Process, film: Film) -> str:
        """Until it is at its end: what it said besides how many pictures are done."""
        said = ""
        while maker.stdout is not None:
            try:
                async with asyncio.timeout(SECONDS_A_PICTURE):
                    line = await maker.stdout.readline()
            except TimeoutError:
                raise _Failed("the process that makes it is stuck") from None
            if not line:
                break
            if line.strip().isdigit():
                film.done = int(line)
            else:
                said = line.decode(errors="replace").strip()
        return said

    def _save(self, film: Film) -> None:
        replace_file(self._folder / f"{film.id}.json", json.dumps(asdict(film)))

    def _load(self) -> None:
        for path in self._folder.glob("*.json"):
            try:
                film = Film(**json.loads(path.read_text()))
                self._films.setdefault(str(film.id), film)
            except (OSError, ValueError, TypeError) as error:
                logger.warning("the file of a time-lapse is left alone", path=path.name,
                               reason=str(error))  # fmt: skip
