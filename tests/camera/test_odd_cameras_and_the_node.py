"""Whatever a camera answers, the node goes on: it has a picture, or says why not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lookout.host.settings import Broker
from services.camera.sources import make_source
from tests.support.exif import UPRIGHT_ANYHOW, jpeg
from tests.support.hub import Hub
from tests.support.nodes import node_settings, running_node
from tests.support.pictures import plain_jpeg
from tests.support.rawcamera import answering

OK = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 401 nein \xfc\xff\r\nContent-Length: 0\r\n\r\n", "it answers 401 nein"),
        (b"HTTP/1.1 \xff\xfe\r\n\r\n", "gives no picture"),
        (OK + b"<html><title>Caf\xe9 \xed\xa0\x80</title>", "a page"),
        (OK + plain_jpeg()[:200], "not a whole JPEG"),
        (OK + b"\xff\xd8\xff" + bytes(100), "not a whole JPEG"),
    ],
)
@pytest.mark.parametrize("kind", ["snapshot", "rtsp"])
async def test_an_answer_that_is_no_picture_ends_nothing(
    mqtt_settings: Callable[[str], Broker],
    data: Path,
    hub: Hub,
    kind: str,
    answer: bytes,
    words: str,
) -> None:
    async with answering(answer) as port:
        camera = {"source": kind, "url": f"http://127.0.0.1:{port}/", "timeout": 5.0}
        settings = node_settings(
            mqtt_settings("garden"), data, capture={"interval": 0}, camera=camera
        )
        async with running_node(settings, make_source(settings.camera)):
            await hub.first("info")  # it listens now
            result = await hub.call("capture")
            assert result.error is not None
            assert (words if kind == "snapshot" else "gives no picture") in result.error.message
            assert (await hub.call("identify")).ok


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of EXIF that it cannot read
@pytest.mark.parametrize(
    "picture", [plain_jpeg(7, 7), plain_jpeg(1, 900), *map(jpeg, UPRIGHT_ANYHOW.values())]
)
async def test_an_odd_picture_is_a_picture(
    mqtt_settings: Callable[[str], Broker], data: Path, hub: Hub, picture: bytes
) -> None:
    async with answering(OK + picture) as port:
        camera = {"source": "snapshot", "url": f"http://127.0.0.1:{port}/", "masks": ()}
        settings = node_settings(
            mqtt_settings("garden"), data, capture={"interval": 0}, camera=camera
        )
        async with running_node(settings, make_source(settings.camera)):
            await hub.first("info")  # it listens now
            result = await hub.call("capture")
            assert result.ok, result.error
            await hub.first("preview")
            assert (await hub.call("identify")).ok
