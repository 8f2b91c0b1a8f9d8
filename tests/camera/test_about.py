"""What a node says of its pictures in its info: when the last was taken, and what is wrong."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lookout.contract.nodes import Info, parse_info
from lookout.host.settings import Broker
from lookout.vision.frames import GreyFrame
from services.camera.node import info as about
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]


@pytest.fixture(autouse=True)
def said_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "REFRESH_SECONDS", 0.05)


async def told(hub: Hub) -> Info:
    return parse_info((await hub.first("info")).payload)


async def test_the_time_of_the_last_capture_is_told_over_a_restart_too(
    hub: Hub, mqtt_settings: Settings, data: Path
) -> None:
    settings = node_settings(mqtt_settings("garden"), data, capture={"interval": 0})
    source = RecordingSource()
    async with running_node(settings, source):
        await told(hub)
        await hub.call("capture")
        (taken,) = source.taken.values()

        async def it_is_told() -> bool:
            return (await told(hub)).last_capture == taken

        await eventually(it_is_told)
        before = (await told(hub)).started_at
    broken = RecordingSource(failing="no camera")
    async with running_node(settings, broken):

        async def it_has_begun() -> bool:
            return (await told(hub)).started_at != before  # its commands are subscribed to by then

        await eventually(it_has_begun)
        await hub.call("capture")

        async def it_still_is() -> bool:
            info = await told(hub)
            return (info.last_capture, info.failure) == (taken, "no camera")

        await eventually(it_still_is)


async def test_a_picture_is_too_old_when_three_are_missed(
    hub: Hub, mqtt_settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(about, "LEAST_OLD", 0.5)
    source = RecordingSource()
    async with running_node(node_settings(mqtt_settings("garden"), data), source):

        async def is_old() -> bool:
            return (await told(hub)).picture_too_old is True

        async def is_fresh() -> bool:
            return (await told(hub)).picture_too_old is False

        await eventually(is_fresh)
        source.failing = "no camera"
        await eventually(is_old)
        source.failing = ""
        await eventually(is_fresh)
        await hub.call("set", interval=0)
        await asyncio.wait_for(_aged(source, 1.0), 10)
        assert await is_fresh()


@dataclass
class Street(RecordingSource):
    """Something moves in it when told so."""

    busy: bool = False
    level: int = 60
    looked: int = 0

    async def frame(self, width: int, height: int) -> GreyFrame:
        self.looked += 1
        frame = np.full((48, 64), self.level, np.uint8)
        if self.busy:
            x = self.looked % 4 * 12
            frame[10:40, x : x + 16] = 250
        return frame


async def test_what_moves_is_told_at_once(
    hub: Hub, mqtt_settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(about, "REFRESH_SECONDS", 3600.0)
    motion = {"enabled": True, "min_motion_frames": 2, "min_still_frames": 2}
    settings = node_settings(
        mqtt_settings("garden"),
        data,
        capture={"interval": 0},
        detect={"rate": 50, "motion": motion},
    )
    street = Street()

    async def moving(*regions: str) -> bool:
        info = await told(hub)
        return (info.motion, info.moving) == (True, regions)

    async with running_node(settings, street):
        await eventually(lambda: street.looked > 5)
        assert await moving()
        street.busy = True
        await eventually(lambda: moving("frame"))
        street.busy = False
        await eventually(moving)


async def test_light_is_told_from_the_first_frame_on(
    hub: Hub, mqtt_settings: Settings, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(about, "REFRESH_SECONDS", 3600.0)
    light = {"enabled": True, "min_frames": 2}
    settings = node_settings(
        mqtt_settings("garden"),
        data,
        capture={"interval": 0},
        detect={"rate": 50, "light": light},
    )
    street = Street(level=10)

    async def lighted(*regions: str) -> bool:
        return (await told(hub)).lighted == regions

    async with running_node(settings, street):
        await eventually(lighted)
        street.level = 200
        await eventually(lambda: lighted("frame"))


async def _aged(source: RecordingSource, seconds: float) -> None:
    newest = max(source.taken.values())
    await eventually(lambda: time.time() - newest > seconds)
