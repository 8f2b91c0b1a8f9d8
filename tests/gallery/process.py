"""The gallery as a process of its own, on whatever port was free."""

import json

import aiohttp

from lookout.embedded.child import Child
from tests.support.waiting import eventually

ANY_PORT = {"LOOKOUT_GALLERY__PORT": "0"}


async def address(child: Child, path: str = "/healthz") -> str:
    """Where it listens, without a slash at the end, as soon as it answers at all."""

    async def found() -> str:
        for line in child.log.read_text().splitlines() if child.log.exists() else ():
            if '"url"' in line:
                return str(json.loads(line)["url"]).rstrip("/")
        assert child.running, child.last_lines()
        return ""

    url = str(await eventually(found, 20))
    async with aiohttp.ClientSession() as http, http.get(url + path):
        return url


async def is_well(url: str) -> bool:
    """Whether /healthz says so."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/healthz") as answer:
        return answer.status == 200
