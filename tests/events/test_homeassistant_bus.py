"""Events reach Home Assistant's own bus; what is old when it comes back is no news."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import REGISTRY
from pydantic import ValidationError

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.events import Event
from lookout.contract.topics import Topics
from lookout.contract.wire import Context
from lookout.embedded.child import Child
from lookout.embedded.ports import free_port
from lookout.host.tasks import cancel
from services.events import homeassistant_bus
from services.events.homeassistant_bus import HomeAssistantBus
from services.events.settings import HubHomeAssistant
from tests.support.waiting import eventually

TOKEN = "a token of the tests"


class FakeHomeAssistant:
    """Takes events as Home Assistant does, or refuses them as it is told to."""

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 200
        self.attempts = 0
        self.events: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def take(self, request: web.Request) -> web.Response:
        self.attempts += 1
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if self.status == 200:
            self.events.append(await request.json())
        return web.json_response({}, status=self.status)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/api/events/lookout_event", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homeassistant_bus, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(homeassistant_bus, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(homeassistant_bus, "TOKEN_PAUSE", 0.05)


@pytest.fixture
def there() -> FakeHomeAssistant:
    return FakeHomeAssistant()


@pytest.fixture
def dropped() -> Iterator[Callable[[str], float]]:
    """How many events were dropped for a reason since the test began."""

    def count(reason: str) -> float:
        sample = "lookout_events_not_forwarded_total"
        return REGISTRY.get_sample_value(sample, {"reason": reason}) or 0.0

    before = {reason: count(reason) for reason in ("late", "too many", "away", "refused")}
    yield lambda reason: count(reason) - before[reason]


@asynccontextmanager
async def sending(there: FakeHomeAssistant, **more: Any) -> AsyncIterator[HomeAssistantBus]:
    bus = HomeAssistantBus(HubHomeAssistant(**{"url": there.url, "token": TOKEN, **more}))
    task = asyncio.create_task(bus.run(), name="home assistant's bus")
    try:
        yield bus
    finally:
        await cancel(task)


def event(number: int = 0, event_type: str = "motion_started", age: float = 0.0) -> Event:
    fired = datetime.now(UTC) - timedelta(seconds=age)
    return Event(event_type=event_type, data={"number": number}, time_fired=fired, origin="garden")


def numbers(there: FakeHomeAssistant) -> list[int]:
    return [each["data"]["number"] for each in there.events]


async def test_an_event_that_was_recorded_is_told_to_home_assistant_once(
    service: Callable[..., Child], hub: Session, there: FakeHomeAssistant
) -> None:
    statuses = hub.subscribe("lookout/hub/events/status")
    async with asyncio.timeout(40), there.listening():
        service(
            "events",
            LOOKOUT_HOMEASSISTANT__URL=there.url + "/",
            LOOKOUT_HOMEASSISTANT__TOKEN=TOKEN,
            LOOKOUT_HOMEASSISTANT__FORWARD='["motion_started"]',
        )
        while (await anext(statuses)).payload != b"online":
            continue
        bus = EventBus(hub, Topics(), origin="garden")
        bus.fire("light_changed")
        fired = bus.fire("motion_started", {"region": "door"}, cause=Context(id="P7"))
        await hub.publish("lookout/garden/event/motion_started", fired.encode())  # once more
        bus.fire("motion_started", {"region": "end"})
        await eventually(lambda: len(there.events) == 2)
    assert there.events[0] == {
        "event_type": "motion_started",
        "node": "garden",
        "data": {"region": "door"},
        "origin": "garden",
        "time_fired": fired.time_fired.isoformat(),
        "context_id": fired.context.id,
        "parent_id": "P7",
    }


async def test_what_comes_while_it_is_away_is_sent_when_it_is_back_in_order(
    there: FakeHomeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    async with sending(there) as bus:
        for number in range(3):
            bus.offer("garden", event(number))
        await asyncio.to_thread(time.sleep, 0.2)
        async with there.listening():
            await eventually(lambda: numbers(there) == [0, 1, 2])
            there.status = 503
            bus.offer("garden", event(3))
            before = there.attempts
            await eventually(lambda: there.attempts > before + 2)
            there.status = 200
            await eventually(lambda: numbers(there) == [0, 1, 2, 3])
    said = capsys.readouterr().out
    assert said.count("events to Home Assistant: failing") == 2
    assert said.count("events to Home Assistant: working again") == 2


async def test_what_is_no_news_any_more_is_dropped_and_counted(
    there: FakeHomeAssistant, dropped: Callable[[str], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homeassistant_bus, "PATIENCE", 0.2)
    async with sending(there) as bus:
        bus.offer("garden", event(0))
        bus.offer("garden", event(1, age=3600))
        await eventually(lambda: dropped("away") == 1)
        async with there.listening():
            bus.offer("garden", event(2))
            await eventually(lambda: numbers(there) == [2])
    assert dropped("late") == 1


async def test_the_oldest_makes_room_when_too_many_wait(
    there: FakeHomeAssistant, dropped: Callable[[str], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homeassistant_bus, "MOST_WAITING", 3)
    async with sending(there) as bus:
        for number in range(5):
            bus.offer("garden", event(number))
        async with there.listening():
            await eventually(lambda: numbers(there) == [2, 3, 4])
    assert dropped("too many") == 2


async def test_an_event_that_it_does_not_take_is_not_sent_again(
    there: FakeHomeAssistant, dropped: Callable[[str], float]
) -> None:
    async with there.listening(), sending(there) as bus:
        there.status = 400
        bus.offer("garden", event(0))
        await eventually(lambda: dropped("refused") == 1)
        there.status = 200
        bus.offer("garden", event(1))
        await eventually(lambda: numbers(there) == [1])
        assert there.attempts == 2


async def test_a_token_that_is_refused_is_told_and_never_shown(
    there: FakeHomeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    async with there.listening(), sending(there, token="secret of the past") as bus:
        bus.offer("garden", event())
        await eventually(lambda: there.attempts > 2)
    said = capsys.readouterr()
    assert said.out.count("it refuses the token") == 1
    assert "secret of the past" not in said.out + said.err


async def test_without_an_address_nothing_is_sent(there: FakeHomeAssistant) -> None:
    async with there.listening(), sending(there, url=None, token=None) as bus:
        bus.offer("garden", event())
        assert there.attempts == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "http://there:8123"},
        {"token": "x"},
        {"url": "there:8123", "token": "x"},
        {"url": "http://there:8123", "token": ""},
        {"url": "http://there:8123", "token": "x", "forward": ["No Word"]},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HubHomeAssistant(**settings)
