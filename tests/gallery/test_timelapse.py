"""Time-lapse: which pictures of a day, and films of them as jobs that outlive a restart."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from lookout.store.images import Images
from lookout.store.search import Query
from services.gallery.timelapse.film import HEAD, Light, Look, make
from services.gallery.timelapse.frames import chosen
from services.gallery.timelapse.jobs import MOST_WAITING, Film, Jobs
from tests.gallery.conftest import Web
from tests.support.pictures import plain_jpeg
from tests.support.waiting import eventually

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]


def jpeg(grey: int = 128, size: tuple[int, int] = (66, 48)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (grey, grey, grey)).save(out, "JPEG")
    return out.getvalue()


def frames_of(film: Any) -> tuple[Any, list[Any]]:
    """The stream of a film, and its pictures in grey."""
    container: Any
    with av.open(film) as container:
        stream = container.streams.video[0]
        return stream, [frame.to_image().convert("L") for frame in container.decode(stream)]


async def test_the_pictures_are_evenly_spread_and_none_is_dark(store: Store, redis: Any) -> None:
    for number in range(30):  # half of them within the first second
        at = number * 50 if number < 15 else number * 10_000
        await store("garden", NOON + at, lux=float(number))
    await store("barn", NOON)

    query = Query(tags={"node": ("garden",)})
    found = await chosen(Images(redis), query, 10)
    bright = await chosen(Images(redis), query, 1000, lux=20.0)

    gaps = [int(row["id"].split(":")[1]) - NOON for row in found.rows]
    assert len(gaps) == 6  # nothing was taken in the others' time
    assert (gaps[0], gaps[1] > 100_000) == (0, True)
    assert gaps == sorted(gaps)
    assert len(bright.rows) == 10
    assert (await chosen(Images(redis), Query(tags={"node": ("nobody",)}), 10)).rows == []


async def test_a_film_is_made_of_what_matches(gallery: Web, store: Store) -> None:
    for number in range(6):
        await store("garden", NOON + 1000 * number, jpeg(40 * number))
    await store("garden", NOON + 2500, b"\xff\xd8\xff no picture")
    asked = {"filter": {"q": "node:garden"}, "rate": 12, "width": 1920, "tz": "Asia/Tokyo"}

    answer = await gallery.post("/api/timelapse", json=asked)

    film = await answer.json()
    assert (answer.status, film["state"], film["url"]) == (202, "waiting", None)
    done = await ended(gallery, film["id"])
    assert (done["state"], done["frames"], done["done"]) == ("done", 7, 6)
    whole = await (await gallery.get(done["url"])).read()
    stream, shown = frames_of(io.BytesIO(whole))
    assert (stream.codec_context.name, int(stream.average_rate)) == ("h264", 12)
    assert (stream.width, stream.height, len(shown)) == (66, 48, 6)
    part = await gallery.get(done["url"], headers={"Range": "bytes=0-9"})
    assert (part.status, await part.read()) == (206, whole[:10])
    assert film["id"] in await (await gallery.get("/timelapse")).text()

    assert (await gallery.delete(f"/api/timelapse/{film['id']}")).status == 204
    assert (await gallery.get(f"/api/timelapse/{film['id']}")).status == 404
    assert (await gallery.get(done["url"])).status == 404


async def ended(gallery: Web, film_id: str) -> dict[str, Any]:
    async def is_ended() -> bool:
        found = await (await gallery.get(f"/api/timelapse/{film_id}")).json()
        return found["state"] not in {"waiting", "running"}

    await eventually(is_ended)
    found: dict[str, Any] = await (await gallery.get(f"/api/timelapse/{film_id}")).json()
    return found


async def test_a_film_of_nothing_fails_and_says_why(gallery: Web, store: Store) -> None:
    await store("garden", NOON, b"\xff\xd8\xff no picture")

    for filter_, why in (({"node": "nobody"}, "no picture matches"),
                         ({"node": "garden"}, "none of the pictures could be read")):  # fmt: skip
        film = await (await gallery.post("/api/timelapse", json={"filter": filter_})).json()
        done = await ended(gallery, film["id"])
        assert (done["state"], done["error"]) == ("failed", why)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": {}},
        {"filter": {"node": "a", "context": "01A"}},
        {"filter": {"lux": "dark"}},
        {"filter": {"node": "a"}, "rate": 0},
        {"filter": {"node": "a"}, "most": 3001},
        {"filter": {"node": "a"}, "width": 100_000},
        {"filter": {"node": "a"}, "tz": "../etc/passwd"},
        {"filter": {"node": "a"}, "path": "x.mp4"},
    ],
)
async def test_what_is_no_film_is_refused(gallery: Web, body: dict[str, Any]) -> None:
    answer = await gallery.post("/api/timelapse", json=body)

    assert answer.status == 400, await answer.text()


@pytest.fixture
def jobs(tmp_path: Path, redis: Any) -> Callable[..., Jobs]:
    def make_jobs(*ids: str, chosen: asyncio.Event | None = None) -> Jobs:
        async def choose(_asked: dict[str, Any]) -> list[dict[str, str]]:
            if chosen is not None:
                await chosen.wait()
            return await Images(redis).read(ids)

        return Jobs(tmp_path / "films", Images(redis), choose)

    return make_jobs


async def test_what_was_under_way_is_made_after_a_restart_and_what_was_done_is_there(
    jobs: Callable[..., Jobs], store: Store
) -> None:
    image = await store("garden", NOON, plain_jpeg())
    never = asyncio.Event()
    before = jobs(image.id, chosen=never)
    film = Film("01B", {"filter": {}}, {"stamp": False})
    before.add(film)
    running = asyncio.create_task(before.run(), name="before")
    await eventually(lambda: film.state == "running")
    running.cancel()
    await asyncio.wait({running})

    for expected in ("running", "done"):  # the second finds it done
        after = jobs(image.id)
        again = asyncio.create_task(after.run(), name="after")
        await eventually(lambda: state_of(after) == "done")  # noqa: B023
        again.cancel()
        await asyncio.wait({again})
        kept = after.get("01B")
        assert kept is not None
        assert kept.bytes == after.path(kept).stat().st_size > 0, expected


def state_of(films: Jobs) -> str:
    film = films.get("01B")
    return film.state if film else "not there"


async def test_a_film_can_be_cancelled_and_few_may_wait(jobs: Callable[..., Jobs]) -> None:
    those = jobs(chosen=asyncio.Event())
    films = [Film(f"01{number}", {}, {}) for number in range(MOST_WAITING + 1)]
    for film in films[:-1]:
        those.add(film)
    with pytest.raises(Exception, match="wait to be made already"):
        those.add(films[-1])
    running = asyncio.create_task(those.run(), name="films")
    await eventually(lambda: films[0].state == "running")

    those.cancel(films[0])
    await eventually(lambda: films[1].state == "running")
    those.remove(films[1])
    await eventually(lambda: films[2].state == "running")

    assert films[0].state == "cancelled"
    assert [each.id for each in those.every()] == ["014", "013", "012", "010"]
    running.cancel()
    await asyncio.wait({running})


async def test_a_damaged_file_of_a_film_ends_nothing(
    jobs: Callable[..., Jobs], tmp_path: Path
) -> None:
    (tmp_path / "films").mkdir()
    for name, text in (("a", "{"), ("b", "[]"), ("c", '{"x": 1}')):
        (tmp_path / "films" / f"{name}.json").write_text(text)
    good = {"id": "01G", "asked": {}, "look": {}, "state": "failed"}
    (tmp_path / "films" / "01G.json").write_text(json.dumps(good))
    those = jobs()

    running = asyncio.create_task(those.run(), name="films")
    await eventually(lambda: [each.id for each in those.every()] == ["01G"])
    running.cancel()
    await asyncio.wait({running})


def test_pictures_of_another_shape_have_black_beside_them(tmp_path: Path) -> None:
    source = io.BytesIO(
        b"".join(
            HEAD.pack(1.7e9, len(data)) + data
            for data in (jpeg(200, (64, 48)), jpeg(200, (24, 48)))
        )
    )

    assert make(source, tmp_path / "film.mp4", Look(stamp=False)) == 2

    _, (wide, tall) = frames_of(str(tmp_path / "film.mp4"))
    assert wide.size == tall.size == (64, 48)
    assert (wide.getpixel((2, 24)) > 150, tall.getpixel((2, 24)) < 60) == (True, True)
    assert tall.getpixel((32, 24)) > 150


def test_light_is_evened_out_by_and_by() -> None:
    light = Light()
    usual, sudden = Image.new("RGB", (4, 4), (100,) * 3), Image.new("RGB", (4, 4), (130,) * 3)

    assert light.levelled(usual).getpixel((0, 0)) == (100, 100, 100)
    levelled = light.levelled(sudden).getpixel((0, 0))
    assert levelled == (103, 103, 103)
