"""Each known way to stop a service, one by one at a running hub: refused, and all goes on."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.fuzz import mqtt, web
from tests.fuzz.cases import TAKEN, TOLD, Message, Question
from tests.fuzz.cases_bus import messages
from tests.fuzz.cases_web import questions
from tests.fuzz.good import BEARER, Good, NotDone, sending
from tests.fuzz.logs import Log
from tests.fuzz.system import System, make_system
from tests.support.waiting import eventually

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(150)]
MILLISECOND = 0.001  # seconds: times are told to it
REFUSED = ("reject", "fail", "refus")  # in the name of an event that tells of it


@pytest.fixture(autouse=True)
def nothing_left_behind() -> None:
    """Not asked after each test: what has ended is started anew, and ends with its hub."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A hub that all cases attack, one after the other."""
    with asyncio.Runner() as runner:
        system = make_system(tmp_path_factory.mktemp("hub"))
        try:
            runner.run(system.start())
            yield system
        finally:
            runner.run(system.stop())


@pytest.fixture
async def good(system: System) -> AsyncIterator[Good]:
    """Somebody who sends good things; afterwards whatever has died is there again."""
    async with sending(system) as sender:
        sender.patience = 10.0
        yield sender
    if system.dead():
        await system.revive()


@pytest.mark.parametrize("case", list(messages()), ids=lambda case: case.name)
async def test_a_message(system: System, good: Good, case: Message) -> None:
    began = time.time()
    await send(system, case)
    await goes_on(system, good)
    if case.becomes == TOLD:
        await eventually(lambda: was_told(good, case, began), 5)
    elif case.becomes == TAKEN:
        assert not await is_quarantined(good, case, began)


@pytest.mark.parametrize("case", list(questions()), ids=lambda case: case.name)
async def test_a_question(system: System, good: Good, case: Question) -> None:
    logs = [Log(child.log) for child in system.services.values()]
    for log in logs:
        log.news()
    answer = await ask(system, good, case)
    traces = [trace for log in logs for trace in log.news()]
    await goes_on(system, good)
    assert answer.status in case.answers, f"{answer.status} {answer.body[:300]!r} {traces}"
    assert not traces


async def send(system: System, case: Message) -> None:
    publisher = await mqtt.connected(system.broker.url(case.user), f"case-{time.time_ns()}")
    try:
        if case.packet.retain:
            system.retained.add(case.packet.topic)
        await publisher.send(case.packet)
        await publisher.settled()
    finally:
        await publisher.close()


async def ask(system: System, good: Good, case: Question) -> web.Answer:
    request = case.request
    if case.needs is not None:
        if (name := await stored(system, good, case.needs)) is None:
            return web.Answer(200)  # it was refused
        target = request.target.replace(b"{id}", name)
        request = web.Request(request.method, target, request.headers, request.body)
    url = system.open_gallery if case.open else system.gallery
    address = f"127.0.{time.time_ns() % 250 + 1}.2"  # wrong passwords are counted by address
    async with web.browser(url, address=address) as browser:
        return await browser.ask(request, 10)


async def stored(system: System, good: Good, picture: bytes) -> bytes | None:
    """The id of this picture, once it is stored; None when it is refused."""
    name = f"esp32:{round(time.time() * 1000)}"
    case = Message("", mqtt.Packet(b"lookout/esp32/image", picture, mqtt.users({"id": name})))
    began = time.time()
    await send(system, case)

    async def decided() -> bool:
        return await good.client.exists(f"image:{name}") or await was_told(good, case, began)

    await eventually(decided)
    return name.encode() if await good.client.exists(f"image:{name}") else None


async def goes_on(system: System, good: Good) -> None:
    """Nothing has ended, and the next good thing of each kind is handled."""
    try:
        await good.everything()
        await good.healthy()
    except NotDone as error:
        traces = {n: str(*Log(system.services[n].log).news()[-1:]) for n in system.dead()}
        pytest.fail(f"{error}; ended: {traces}")
    assert system.pids == {name: child.pid for name, child in system.services.items()}


async def was_told(good: Good, case: Message, since: float) -> bool:
    """Whether the quarantine holds it, or an event says that something was refused."""
    if await is_quarantined(good, case, since):
        return True
    target = f"/api/events?since={since - MILLISECOND:.3f}&limit=50".encode()
    answer = await good.browser.ask(web.Request(target=target, headers=(BEARER,)))
    kinds = [event["event_type"] for event in json.loads(answer.body)["events"]]
    return any(word in kind for kind in kinds for word in REFUSED)


async def is_quarantined(good: Good, case: Message, since: float) -> bool:
    topic = case.packet.topic[:512]
    for _, fields in await good.client.xrevrange("rejected", count=20):
        if float(fields[b"received_at"]) >= since - MILLISECOND and fields[b"topic"] == topic:
            return True
    return False
