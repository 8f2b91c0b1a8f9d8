"""Killed, or cut off from power: what the disk held then decides what may be seen afterwards.

Of each source: a picture, a live frame, a frame for detectors. The disk is copied the moment that
the masks were answered for; the process that comes then knows that copy and nothing else.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lookout.host import files
from services.camera.capture.device import Device
from services.camera.knobs import Knobs, State
from services.camera.settings import CameraSettings
from services.camera.sources import SourceError, make_source
from services.camera.sources.live import LiveRequest
from tests.camera.test_privacy import ALL, KINDS, camera_of, is_black
from tests.support.waiting import eventually

LOST = {"state.json": b"", "state.copy": b"\0\0\0\0"}
CUTS: dict[str, tuple[str, ...]] = {  # which of the files the power cut spoilt
    "killed": (),
    "power cut in the file": ("state.json",),
    "power cut in its copy": ("state.copy",),
    "power cut in both": ("state.json", "state.copy"),
}


@pytest.fixture(autouse=True)
async def deadline() -> AsyncIterator[None]:
    async with asyncio.timeout(110):
        yield


def started(camera: dict[str, Any], folder: Path) -> tuple[Device, Knobs]:
    """A process that knows what is in the folder."""
    settings = CameraSettings(node="garden", camera=camera)
    knobs = Knobs(settings, State(folder / "state.json"))
    return Device(make_source(settings.camera), knobs), knobs


async def picture_of(device: Device) -> bytes:
    """A picture; the film of these tests begins with a frame that is dark by itself."""
    while True:
        picture = await device.picture(80)
        if picture.meta.get("frame") != 0:
            return picture.jpeg


async def bytes_of(device: Device) -> list[bytes]:
    """Everything that could leave: pictures, then live frames of a source that streams."""
    seen = [await picture_of(device) for _ in range(2)]
    if device.live.possible:
        live: list[bytes] = []
        await device.live.start(LiveRequest((160, 96), 15.0, 70, live.append))
        await eventually(lambda: len(live) >= 2)
        await device.live.stop()
        seen += live
    return seen


@asynccontextmanager
async def closing(device: Device) -> AsyncIterator[Device]:
    try:
        yield device
    finally:
        await device.close()


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_unmasked_leaves_after_a_cut(
    kind: str, cut: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    async with camera_of(kind, tmp_path, monkeypatch) as camera:
        device, knobs = started(camera, before)
        async with closing(device):
            assert not is_black(await picture_of(device))
            await knobs.change({"masks": ALL})
            shutil.copytree(before, after)  # all that is left of this process
        for name in CUTS[cut]:
            (after / name).write_bytes(LOST[name])
        device, knobs = started(camera, after)
        async with closing(device):
            if cut == "power cut in both":
                with pytest.raises(SourceError, match="No picture leaves this node"):
                    await device.picture(80)
                if device.gives_frames:
                    with pytest.raises(SourceError, match="No picture leaves this node"):
                        await device.frame(64, 48)
                await knobs.change({"masks": ALL})
                await knobs.change({"enabled": True})
            assert all(map(is_black, await bytes_of(device)))
            if device.gives_frames:
                assert (await device.frame(64, 48)).max() < 24


async def test_whenever_the_power_is_cut_masks_are_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder as it is before and after each step of the writing, and with half a file."""
    node, cuts = tmp_path / "node", tmp_path / "cuts"
    old, new = [[0, 0, 50, 100]], [[50, 0, 50, 100]]
    _, knobs = started({"source": "synthetic"}, node)
    await knobs.change({"masks": old})

    def stepped(step: Callable[..., Any]) -> Callable[..., Any]:
        def cut(*words: Any, **more: Any) -> Any:
            shutil.copytree(node, cuts / str(len(list(cuts.iterdir()))))
            result = step(*words, **more)
            shutil.copytree(node, cuts / str(len(list(cuts.iterdir()))))
            return result

        return cut

    cuts.mkdir()
    monkeypatch.setattr(os, "fsync", stepped(os.fsync))
    monkeypatch.setattr(Path, "replace", stepped(Path.replace))
    monkeypatch.setattr(files, "sync_folder", stepped(files.sync_folder))
    await knobs.change({"masks": new})
    monkeypatch.undo()
    kept = []
    for cut in sorted(cuts.iterdir(), key=lambda path: int(path.name)):
        for half in (False, True):
            for path in cut.glob("*.tmp"):
                path.write_bytes(path.read_bytes()[: 20 if half else None])
            _, then = started({"source": "synthetic"}, cut)
            assert then.hidden is None
            kept.append(then.values["masks"])
    assert all(masks in (old, new) for masks in kept)
    assert (kept[0], kept[-1]) == (old, new)
    assert len(kept) > 10
