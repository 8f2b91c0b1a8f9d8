"""A film through a node, ingest and a worker, counted beside a truth that a person counted."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.store import keys
from lookout.store.groups import Group
from lookout.vision.objects.models import MODELS, default_folder
from services.camera.settings import Camera
from services.camera.sources import make_source
from tests.gallery.process import ANY_PORT, address, is_well
from tests.support.footage import FILM, FRAMES, needs_film, people_in
from tests.support.nodes import node_settings, running_node
from tests.support.waiting import eventually

pytestmark = [needs_film, pytest.mark.slow, pytest.mark.timeout(300)]

EVERY = 6  # frames
RATE = 30  # frames a second: three times as fast as it was filmed
MOST_NAMED = 20
Row = Mapping[str, Any]


def fetched(model: str) -> Any:
    there = model == "hog" or MODELS[model].is_whole(default_folder(), model)
    return pytest.param(
        model, marks=pytest.mark.skipif(not there, reason=f"lookout models fetch {model}")
    )


@pytest.mark.parametrize("model", [fetched("yolov3-tiny"), fetched("hog")])
async def test_people_of_a_film_are_counted_and_found(
    model: str,
    service: Callable[..., Child],
    client: Any,
    mqtt_settings: Callable[[str], Broker],
    data: Path,
    record_property: Callable[[str, object], None],
) -> None:
    group = Group(client, keys.IMAGES_STREAM, "analytics", "test")
    await group.join()
    service("ingest")
    gallery = service("gallery", **ANY_PORT)
    service(
        "analytics",
        LOOKOUT_ANALYTICS__MODEL=model,
        LOOKOUT_ANALYTICS__MODELS=str(default_folder()),
        LOOKOUT_ANALYTICS__MAX_BEHIND="0",
    )
    url = await address(gallery)
    await eventually(lambda: is_well(url))
    await filmed(mqtt_settings("garden"), data, client)
    await eventually(lambda: finished(group), 200)

    rows = await listed(url, "node:garden")
    shown: dict[int, Row] = {}
    for row in sorted(rows, key=lambda each: each["timestamp"]):
        shown.setdefault(row["meta"]["frame"], row)  # the film begins anew at its end
    assert len(shown) >= 200
    table = Counter((people_in(frame), row["people"]) for frame, row in shown.items())
    record_property("report", told(model, table, wrong(shown)))
    found = {row["id"] for row in await listed(url, "node:garden people:>=1")}
    assert found == {row["id"] for row in rows if row["people"]}
    nobody = [row["people"] for frame, row in shown.items() if not people_in(frame)]
    assert sum(nobody) <= len(nobody) / 10
    if model != "hog":
        right = sum(number for (true, seen), number in table.items() if true == seen)
        assert right >= 0.9 * len(shown)


async def filmed(broker: Broker, data: Path, client: Any) -> None:
    """The node takes every sixth frame of the film once."""
    settings = node_settings(
        broker,
        data,
        camera={"source": "video", "path": FILM, "rate": RATE},
        capture={"interval": EVERY / RATE, "quality": 90},
    )
    camera = Camera(source="video", path=FILM, rate=RATE)
    async with running_node(settings, make_source(camera)):
        await asyncio.sleep(FRAMES / RATE)  # the film's length is what is waited for

        async def all_stored() -> bool:
            return int(await client.xlen(keys.IMAGES_STREAM)) >= FRAMES // EVERY

        await eventually(all_stored, 60)


async def finished(group: Group) -> bool:
    return await group.lag() == 0


async def listed(url: str, line: str) -> list[Row]:
    """All images that a filter line finds."""
    found: list[Row] = []
    query = {"q": line, "limit": "200"}
    async with aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"{url}/api/images", params=query) as answer:
                assert answer.status == 200, await answer.text()
                body = await answer.json()
            found += body["images"]
            if body["next"] is None:
                return found
            query["cursor"] = body["next"]


def wrong(shown: Mapping[int, Row]) -> list[str]:
    return [
        f"{frame}: {row['people']}"
        for frame, row in sorted(shown.items())
        if row["people"] != people_in(frame)
    ]


def told(model: str, table: Mapping[tuple[int, int], int], wrong: list[str]) -> str:
    lines = [f"{model}, {sum(table.values())} frames; rows: truth, columns: counted 0, 1, 2 ..."]
    most = max(seen for _, seen in table)
    for true in (0, 1):
        numbers = [table.get((true, seen), 0) for seen in range(most + 1)]
        lines.append(f"  {true} ({sum(numbers)}): {numbers}")
    some = ", ".join(wrong[:MOST_NAMED])
    return "\n".join([*lines, f"  not right: {len(wrong)}, such as (frame: counted) {some}"])
