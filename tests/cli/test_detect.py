"""`lookout detect` looks at files and at stored pictures, with one model or two."""

from pathlib import Path

import numpy as np
import pytest

from lookout.host.settings import Redis as RedisSettings
from lookout.store.client import opened
from lookout.store.images import Images, NewImage
from lookout.store.index import ensure_indexes
from tests.cli.conftest import Cli
from tests.support.onnx import SIDE, brightness_model
from tests.support.pictures import toned_jpeg

BRIGHT, DIM, DARK = 255, 130, 0


def model(folder: Path, name: str, sure: float) -> str:
    """Sees a person, as surely as the picture is bright, times `sure`."""
    path = folder / f"{name}.onnx"
    brightness_model(path, (1, 1, 7), np.array([-8, -16, -16, -32, sure, -1, 0.0]))
    path.with_suffix(".names").write_text("person\ndog\n")
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name, tone in (("a", BRIGHT), ("b", DIM), ("c", DARK)):
        (pictures / f"{name}.jpg").write_bytes(toned_jpeg(tone))
    (pictures / "d.jpg").write_bytes(b"\xff\xd8 broken")
    return pictures


async def test_two_models_are_compared_picture_by_picture(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    one, two = model(tmp_path, "one", 1.0), model(tmp_path, "two", 0.5)
    boxes = tmp_path / "boxes"
    options = ("--model", one, "--compare", two, "--size", str(SIDE), "--boxes", str(boxes))
    said = await cli("detect", str(folder), *options)
    assert said.code == 0, said.err
    (differing,) = [line for line in said.out.splitlines() if "differ" in line]
    assert differing.split()[:3] == ["b.jpg", "1", "0"]
    assert "Of 3 pictures: as many people in 2; people in both 1, by 1 alone 1, by 2" in said.out
    assert sorted(each.name for each in (boxes / "2").iterdir()) == ["a.jpg", "b.jpg", "c.jpg"]
    document = (await cli("detect", str(folder), *options, "--json")).document
    numbers = [[each.get("people") for each in found["pictures"]] for found in document["models"]]
    assert numbers == [[1, 1, 0, None], [1, 0, 0, None]]


async def test_stored_pictures_are_found_by_a_filter_line(
    cli: Cli, redis_url: str, tmp_path: Path
) -> None:
    async with opened(RedisSettings(url=redis_url)) as client:
        await ensure_indexes(client)
        for number, (node, tone) in enumerate([("porch", BRIGHT), ("porch", DARK), ("barn", DIM)]):
            moment = 1_700_000_000.0 + number
            new = NewImage(
                f"{node}:{int(1000 * moment)}", node, moment, moment, 64, 48, toned_jpeg(tone)
            )
            await Images(client).store([new], ttl=600)
    options = ("--model", model(tmp_path, "one", 1.0), "--size", str(SIDE))
    said = await cli("detect", "node:porch", *options, LOOKOUT_REDIS__URL=redis_url)
    assert said.code == 0, said.err
    assert "people in 1 of 2 pictures" in said.out
    assert "barn" not in said.out
    none = await cli("detect", "node:attic", *options, LOOKOUT_REDIS__URL=redis_url)
    assert (none.code, none.err) == (1, "No picture matches.\n")
    lost = await cli("detect", "nowhere.jpg", *options)
    assert "nowhere.jpg is neither a file, a folder, nor a filter" in lost.err
