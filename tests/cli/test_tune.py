"""`lookout tune` shows what each limit of a detector would have caught in stored pictures."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import opened
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from tests.cli.conftest import Cli


def picture(position: int | None) -> bytes:
    """A grey room; somebody at this place in it."""
    image = Image.new("RGB", (160, 120), (90, 90, 90))
    if position is not None:
        box = (position, 30, position + 40, 100)
        ImageDraw.Draw(image).rectangle(box, fill=(220, 210, 200))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


WALK = [None] * 5 + [n * 12 for n in range(8)] + [None] * 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number, position in enumerate(WALK):
        (pictures / f"{number:03}.jpg").write_bytes(picture(position))
    (pictures / "broken.jpg").write_bytes(b"no picture")
    (pictures / "notes.txt").write_text("not one either")
    return pictures


def caught(document: Any, limit: str) -> dict[float, tuple[int, int]]:
    rows = [row for row in document["limits"] if row["limit"] == limit]
    return {row["value"]: (row["frames"], row["events"]) for row in rows}


async def test_each_limit_is_tried_beside_the_one_that_is_set(cli: Cli, folder: Path) -> None:
    said = await cli("tune", str(folder), "--set", "min_area=7", "--json")
    document = said.document
    assert document["pictures"] == len(WALK)
    areas = caught(document, "min_area")
    assert set(areas) == {0.5, 1, 3, 7, 10, 25}
    assert areas[7][1] == 1, "one walk is one event"
    assert areas[0.5][0] >= areas[7][0] >= areas[25][0]
    chosen = [row["value"] for row in document["limits"] if row["chosen"]]
    assert 7 in chosen
    names = [each["picture"] for each in document["moving"]]
    assert "006.jpg" in names
    assert "003.jpg" not in names


async def test_the_table_is_for_people(cli: Cli, folder: Path) -> None:
    said = await cli("tune", str(folder))
    assert said.code == 0
    assert f"{len(WALK)} pictures" in said.out
    assert "<- as set" in said.out
    assert "006.jpg" in said.out


async def test_the_mask_shows_in_red_what_moved(cli: Cli, folder: Path, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    await cli("tune", str(folder), "--mask", str(masks))
    assert len(list(masks.iterdir())) == len(WALK)
    with Image.open(masks / "006.mask.png") as mask:
        reds = {mask.getpixel((x, y)) for x in range(0, 60, 4) for y in range(40, 90, 10)}
        assert (255, 40, 40) in reds
        assert mask.getpixel((150, 10)) != (255, 40, 40)


async def test_a_region_leaves_out_the_rest(cli: Cli, folder: Path) -> None:
    said = await cli("tune", str(folder), "--region", "0,0,100,15", "--json")
    assert said.document["moving"] == []


async def test_light_has_its_own_limits(cli: Cli, folder: Path) -> None:
    for number in range(30, 50):
        image = Image.new("L", (160, 120), 200)
        image.save(folder / f"{number:03}.jpg")
    document = (await cli("tune", str(folder), "--light", "--json")).document
    assert caught(document, "threshold")[100] == (20, 1)
    assert caught(document, "threshold")[25][0] == document["pictures"]


async def test_the_pictures_of_a_node_come_from_redis(
    on_store: Callable[..., Any], redis_url: str
) -> None:
    async with opened(RedisSettings(url=redis_url)) as client:
        await ensure_indexes(client)
        images = [
            NewImage(
                id=f"garden:{1000 * number}",
                node="garden",
                timestamp=float(number),
                received_at=float(number),
                width=160,
                height=120,
                data=picture(position),
            )
            for number, position in enumerate(WALK, 1_700_000_000)
        ]
        await Images(client).store(images, ttl=600)
    document = (await on_store("tune", "garden", "--json")).document
    assert document["pictures"] == len(WALK)
    assert caught(document, "min_area")[3][1] == 1
    assert document["moving"][0]["picture"] == "garden:1700000005000"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "min_area=200"], "min_area"),
        (["--set", "area=2"], "min_motion_frames, min_still_frames, off_delay"),
        (["--region", "1,2,3"], "four numbers are needed"),
        (["--region", "50,0,40,100"], "is empty"),
    ],
)
async def test_wrong_usage_is_named(
    cli: Cli, folder: Path, arguments: list[str], words: str
) -> None:
    said = await cli("tune", str(folder), *arguments)
    assert said.code == 2
    assert words in " ".join(said.err.replace("│", " ").split())


async def test_what_holds_no_pictures_is_told(cli: Cli, tmp_path: Path) -> None:
    said = await cli("tune", str(tmp_path))
    assert (said.code, "two at least are needed" in said.err) == (1, True)
    said = await cli("tune", "No Such Place")
    assert "neither a folder nor a node's name" in said.err
