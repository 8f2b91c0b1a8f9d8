"""A capture larger than the broker takes arrives, made smaller, with one line about it."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from lookout.bus.session import Session
from lookout.contract.images import ImageMeta
from lookout.embedded.broker import Mosquitto
from lookout.host.settings import Broker
from services.camera.sources import Picture
from tests.support.nodes import RecordingSource, node_settings, running_node

LIMIT = 2_000_000  # bytes: Mosquitto 2.1's default


class LargeSource(RecordingSource):
    """Gives a picture of about 5 MB."""

    async def capture(self, quality: int) -> Picture:
        small = await super().capture(quality)
        jpeg = await asyncio.to_thread(large_jpeg)
        return Picture(jpeg, small.timestamp, 2600, 2000, meta={"gain": 1.5})


def large_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((2600, 2000), 90).convert("RGB").save(buffer, "JPEG", quality=96)
    return buffer.getvalue()


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    users = {"hub": "secret", "garden": "secret"}
    async with Mosquitto(tmp_path / "narrow", users, max_packet_size=LIMIT) as broker:
        yield broker


async def test_a_capture_of_5_mb_fits_a_broker_of_2_mb(
    narrow: Mosquitto, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = node_settings(Broker(url=narrow.url("garden")), data, capture={"interval": 3600})
    async with Session(Broker(url=narrow.url("hub")), "hub") as hub, asyncio.timeout(60):
        images = hub.subscribe("lookout/garden/image")
        await hub.connected()
        async with running_node(settings, LargeSource()):
            message = await anext(images)
    meta = ImageMeta.from_properties(message.properties)
    assert len(large_jpeg()) > 2 * LIMIT
    assert len(message.payload) < LIMIT
    with Image.open(io.BytesIO(message.payload)) as image:
        image.load()
        assert image.size == (2600, 2000)
    assert meta.meta is not None
    assert meta.meta["gain"] == 1.5
    assert 0 < int(str(meta.meta["refit_quality"])) < 96
    said = capsys.readouterr().out.splitlines()
    assert len([line for line in said if "fit" in line]) == 1
    assert not [line for line in said if "away" in line]
