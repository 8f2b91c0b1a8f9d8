"""A gallery at its limit of files turns further connections away in words, and says so once."""

import asyncio
import resource
from collections.abc import Callable
from contextlib import AsyncExitStack

import aiohttp

from lookout.embedded.child import Child
from services.gallery.web.crowd import RESERVED, TEXT, room_for_connections
from tests.gallery.process import ANY_PORT, address, is_well
from tests.support.waiting import eventually

MOST, VISITORS = 50, 500


async def test_who_comes_too_late_is_told_why_and_later_comers_are_served(
    service: Callable[..., Child],
) -> None:
    gallery = service("gallery", {"services.gallery.web.crowd.MOST": MOST}, **ANY_PORT)
    url = await address(gallery)
    await eventually(lambda: is_well(url))
    port = int(url.rpartition(":")[2].strip("/"))
    async with AsyncExitStack() as stack:
        for _ in range(VISITORS):
            last, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
        async with asyncio.timeout(30):
            said = await last.read()
        assert said.startswith(b"HTTP/1.1 503 ")
        assert said.endswith(TEXT.encode())
    async with aiohttp.ClientSession() as http:

        async def served() -> bool:
            async with http.get(f"{url}/healthz") as answer:
                return answer.status == 200

        await eventually(served)
    assert gallery.log.read_text().count("as many connections as it may have files") == 1


def test_the_limit_of_files_is_raised_and_some_are_kept_for_the_gallery_itself() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
        most = room_for_connections()
        raised, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert raised > 256 or hard <= 256
        assert most <= raised - RESERVED
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
