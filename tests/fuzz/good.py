"""What is good and must get through, whatever is sent beside it."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from lookout.store.client import Client, opened
from tests.fuzz import mqtt, web
from tests.fuzz.system import MARKER, SECRET, System
from tests.support.pictures import numbered_jpeg

PATIENCE = 30.0  # seconds until something good counts as lost; on an idle hub 10 are enough
LOOK_SECONDS = 0.05
BEARER = (b"Authorization", f"Bearer {SECRET}".encode())


class NotDone(Exception):
    """Something good was not handled in time; `service` should have."""

    def __init__(self, service: str, what: str) -> None:
        super().__init__(f"{service} did not {what}")
        self.service = service


@dataclass(slots=True)
class Good:
    """Sends good things and waits for what becomes of them. Raises NotDone."""

    system: System
    client: Client
    publisher: mqtt.Publisher
    browser: web.Browser
    patience: float = PATIENCE
    sent: dict[str, str] = field(default_factory=dict)  # an image's id -> the hash of its bytes
    _last: int = 0

    async def everything(self) -> None:
        """One of each kind, all at once."""
        await asyncio.gather(self.image(), self.reading(), self.event(), self.commands())

    async def image(self) -> None:
        """An image is stored."""
        milliseconds = self._moment()
        identifier, jpeg = f"{MARKER}:{milliseconds}", numbered_jpeg(milliseconds, owner=MARKER)
        self.sent[identifier] = hashlib.sha256(jpeg).hexdigest()
        properties = mqtt.users({"id": identifier, "lux": "100", "trigger": "interval"})
        await self._send("image", jpeg, properties)
        await self._until(lambda: self.client.exists(f"image:{identifier}"), "ingest",
                          f"store {identifier}")  # fmt: skip

    async def reading(self) -> None:
        """A reading is stored."""
        milliseconds = self._moment()
        await self._send("reading", b'{"timestamp": %.3f, "lux": 5}' % (milliseconds / 1000))
        key = f"reading:{MARKER}:{milliseconds}"
        await self._until(lambda: self.client.exists(key), "ingest", f"store {key}")

    async def event(self) -> None:
        """An event is logged, and found by its context."""
        context = f"good-{self._moment()}"
        body = {"data": {"number": self._last}, "context": {"id": context}}
        await self._send("event/good", json.dumps(body).encode())
        escaped = context.replace("-", "\\-")
        await self._until(
            lambda: self._finds("idx:events", f"@context_id:{{{escaped}}}"),
            "events",
            "log an event",
        )

    async def commands(self) -> None:
        """Each camera answers to a command that came over the gallery."""
        for name in ("garden", "barn", "gate"):
            await self.command(name)

    async def command(self, node: str) -> None:
        """A camera answers; that it has enough to do already is an answer too."""
        target = f"/api/nodes/{node}/commands/identify?timeout={self.patience:.0f}".encode()
        answer = await self._ask("gallery", web.Request(b"POST", target, (BEARER,), b"{}"))
        if answer.status != 200 and b'"busy"' not in answer.body:
            raise NotDone(node if answer.status == 504 else "gallery",
                          f"answer to a command ({answer.status})")  # fmt: skip

    async def healthy(self) -> None:
        """Both galleries say that they are well."""
        for name, url in (("gallery", self.system.gallery), ("open", self.system.open_gallery)):
            async with web.browser(url) as browser:
                answer = await browser.ask(web.Request(target=b"/healthz"))
            if answer.status != 200:
                raise NotDone(name, f"say that it is well ({answer.status} {answer.body!r})")

    async def findable(self) -> None:
        """Every image that was sent is found by the API, with its own bytes."""
        found, cursor = set(), ""
        while True:
            target = f"/api/images?node={MARKER}&limit=200{cursor}".encode()
            answer = await self._ask("gallery", web.Request(target=target, headers=(BEARER,)))
            page = json.loads(answer.body)
            found |= {image["id"] for image in page["images"]}
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        if missing := self.sent.keys() - found:
            raise NotDone("gallery", f"find {len(missing)} of {len(self.sent)} good images")
        for identifier, digest in self.sent.items():
            data = await self.client.hget(f"image:{identifier}", "image_data")
            if hashlib.sha256(data or b"").hexdigest() != digest:
                raise NotDone("ingest", f"keep the bytes of {identifier}")

    async def _ask(self, service: str, request: web.Request) -> web.Answer:
        try:
            return await self.browser.ask(request)
        except OSError as error:
            raise NotDone(service, f"answer ({error!r})") from None

    def _check_all_alive(self) -> None:
        if dead := self.system.dead():
            raise NotDone(dead[0], "stay alive")

    def _moment(self) -> int:
        self._last = max(self._last + 1, round(time.time() * 1000))
        return self._last

    async def _send(self, kind: str, payload: bytes, properties: bytes = b"") -> None:
        await self.publisher.send(mqtt.Packet(f"lookout/{MARKER}/{kind}".encode(), payload,
                                              properties))  # fmt: skip

    async def _finds(self, index: str, query: str) -> bool:
        answer = await self.client.execute_command("FT.SEARCH", index, query, "LIMIT", 0, 0)
        return int(answer[0]) > 0

    async def _until(self, done: Callable[[], Awaitable[object]], service: str, what: str) -> None:
        try:
            async with asyncio.timeout(self.patience):
                while not await done():
                    self._check_all_alive()
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise NotDone(service, f"{what} within {self.patience:.0f} s") from None


@asynccontextmanager
async def sending(system: System) -> AsyncIterator[Good]:
    """Somebody who sends good things."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(opened(system.redis))
        publisher = await mqtt.connected(system.broker.url(MARKER), f"good-{time.time_ns()}")
        stack.push_async_callback(publisher.close)
        browser = await stack.enter_async_context(web.browser(system.gallery))
        yield Good(system, client, publisher, browser)
