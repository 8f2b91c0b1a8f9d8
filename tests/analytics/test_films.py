"""A node's live view in a stream, bounded by bytes and rate, and the worker that docs show."""

import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from lookout.contract.watched import Watched
from lookout.host.tasks import Crew
from lookout.store import keys
from lookout.store.films import FilmStream, FrameGroup
from lookout.store.nodes import Nodes
from lookout.vision.objects.thing import Thing
from services.analytics.eye import Eye
from services.analytics.filmlooking import FilmLooker
from services.analytics.frames import Filmer
from services.analytics.rules import Rules
from tests.gallery.filming import filming
from tests.support.pictures import plain_jpeg
from tests.support.waiting import eventually

STREAM = keys.frames("garden")
DOCS = Path(__file__).parents[2] / "docs" / "analytics.md"


async def test_a_stream_of_frames_is_bounded_by_bytes_and_keeps_the_newest(client: Any) -> None:
    stream = FilmStream(client, "garden", most_bytes=3_500)
    for number in range(10):
        await stream.write(bytes([number]) * 1_000, 1_700_000_000.0 + number)
    frames = [fields for _, fields in await client.xrange(STREAM)]
    assert [each[b"jpeg"][0] for each in frames] == [7, 8, 9]
    assert frames[-1][b"timestamp"] == b"1700000009.000"
    await stream.write(b"x" * 9_000, 1_700_000_010.0)  # larger than all of them may be
    assert await client.xlen(STREAM) == 1
    assert 0 < await client.ttl(STREAM) <= keys.FRAMES_TTL


async def test_a_film_comes_at_its_rate_and_the_worker_of_the_docs_takes_its_frames(
    client: Any, redis_url: str
) -> None:
    (code,) = re.findall(r"```python\n(import os.*?)```", DOCS.read_text(), re.DOTALL)
    worker = subprocess.Popen(
        [sys.executable, "-c", code], env={"LOOKOUT_REDIS__URL": redis_url}, stderr=subprocess.PIPE
    )
    try:
        async with filming(client), Crew() as crew:  # 50 frames a second
            filmer = Filmer(Nodes(client), FilmStream(client, "garden", 1_000_000), rate=10)
            task = crew.start(filmer.run(), "film")

            async def looked() -> bool:
                assert worker.poll() is None, worker.communicate()
                return int(await client.xlen("sizes:garden")) >= 5

            await eventually(looked)
            task.cancel()
        frames = [float(each[b"timestamp"]) for _, each in await client.xrange(STREAM)]
        gaps = [later - earlier for earlier, later in pairwise(frames)]
        assert sum(gaps) / len(gaps) >= 0.09
        _, found = (await client.xrevrange("sizes:garden", count=1))[0]
        assert int(found[b"bytes"]) == len(plain_jpeg())
    finally:
        worker.kill()
        worker.communicate()


class Slow:
    """A model that takes longer than a frame lasts, and chokes on some."""

    name = "slow@1"

    def look(self, jpeg: bytes) -> list[Thing]:
        time.sleep(0.1)  # as a model does, in its thread
        if jpeg == b"bad":
            raise ValueError("of foreign code")
        return [Thing("person", 0.9, (10, 10, 20, 20)), Thing("dog", 0.2, (0, 0, 9, 9))]


async def test_the_newest_frames_are_looked_at_whatever_some_hold(client: Any) -> None:
    rules = Rules(client, {"garden": Watched.model_validate({"least": {"dog": {"score": 0.5}}})})
    await rules.begin(tell=False)
    looker = FilmLooker(
        FrameGroup(client, ("garden", "barn"), "analytics", "1"), Eye(Slow()), rules
    )
    stream, barn = (FilmStream(client, node, 1_000_000) for node in ("garden", "barn"))
    async with Crew() as crew:
        task = crew.start(looker.run(), "looking")

        async def joined() -> bool:
            return bool(await client.exists(keys.frames("barn")))  # the last one

        await eventually(joined)
        await client.xadd(STREAM, {"of": "others"})
        for number in range(30):
            await barn.write(b"good", 1_700_000_000.0 + number)
            await stream.write(b"bad" if number == 0 else b"good", 1_700_000_000.0 + number)

        async def newest_seen() -> bool:
            found = await client.xrevrange(keys.film_seen("garden"), count=1)
            return bool(found) and found[0][1][b"timestamp"] == b"1700000029.000"

        await eventually(newest_seen)
        task.cancel()
    seen = [fields for _, fields in await client.xrange(keys.film_seen("garden"))]
    assert await client.xlen(keys.film_seen("barn"))
    assert len(seen) < 20, "a slow worker skips what is old"
    assert (seen[-1][b"people"], seen[-1][b"labels"], seen[-1][b"boxes"]) == (
        *(b"1", b"person", b"[[10,10,20,20]]"),
    )


async def test_a_film_that_is_away_comes_again(client: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("services.analytics.frames.RETRY_SECONDS", 0.05)
    filmer = Filmer(Nodes(client), FilmStream(client, "garden", 1_000_000), rate=30)
    async with Crew() as crew:
        task = crew.start(filmer.run(), "film")  # there is no such node yet
        async with filming(client) as camera:
            await eventually(lambda: camera.ever > 0)

            async def taken() -> bool:
                return int(await client.xlen(STREAM)) > 3

            await eventually(taken)
        task.cancel()
