"""The node `garden` with a live view that films."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from lookout.host.tasks import cancel
from lookout.store.nodes import Nodes
from lookout.video import mjpeg
from lookout.video.frames import Frames
from tests.support.pictures import plain_jpeg

NOW = 1_700_000_000.0
SECRET = "the-token-of-the-node"


class Camera:
    """A node's live view, which counts who is connected."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.connected = self.ever = 0
        self.status = 200
        self.body: bytes | None = None  # of a film that is none

    async def video(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("token") != SECRET or self.status != 200:
            return web.Response(status=403)
        self.ever += 1
        if self.body is not None:
            headers = {"Content-Type": "multipart/form-data; boundary=b"}
            return web.Response(body=self.body, headers=headers)
        self.connected += 1
        try:
            return await mjpeg.stream(request, self.frames)
        finally:
            self.connected -= 1

    async def film(self) -> None:
        while True:
            self.frames.publish(plain_jpeg())
            await asyncio.sleep(0.02)


@asynccontextmanager
async def filming(redis: Any) -> AsyncIterator[Camera]:
    """The node as the hub knows it, for as long as the context lasts."""
    camera, app = Camera(), web.Application()
    app.router.add_get("/video", camera.video)
    server = TestServer(app)
    await server.start_server()
    info = {"live_url": f"{server.make_url('/video')}?token={SECRET}"}
    await Nodes(redis).set_status("garden", "online", NOW)
    await Nodes(redis).set_info("garden", json.dumps(info), NOW)
    film = asyncio.create_task(camera.film(), name="film")
    try:
        yield camera
    finally:
        camera.frames.close()
        await cancel(film)
        await server.close()
