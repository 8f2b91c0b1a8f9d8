"""A run: several lanes that send, good things between them, and a look at whether all live."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from tests.fuzz import mqtt, web
from tests.fuzz.findings import Findings
from tests.fuzz.good import Good, NotDone
from tests.fuzz.plan import ROLES, TURNS, Plan
from tests.fuzz.system import System, resident_mib

EACH: Final = 100  # messages: then one good image, event and reading
COMMANDS_EACH: Final = 1_000
MOST_BEHIND: Final = 5  # good rounds that are not handled yet: then the lanes wait
LANES: Final = {"message": 2, "request": 6}  # connections for each turn
LOOK_SECONDS: Final = 0.2
WAITING: Final = (b"/commands/", b"/live")  # answers of nodes, for which one waits
GATEWAY: Final = frozenset({502, 504})  # says that a node does not answer, not the hub


@dataclass(slots=True)
class Run:
    """One attack of `plan` on `system`."""

    system: System
    plan: Plan
    good: Good
    findings: Findings
    count: int = 0
    memory: dict[str, list[float]] = field(default_factory=dict)  # MiB, at several times
    statuses: dict[int, int] = field(default_factory=dict)
    cuts: int = 0
    _clear: asyncio.Event = field(default_factory=asyncio.Event)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_BEHIND))
    _rounds: set[asyncio.Task[None]] = field(default_factory=set)

    async def attack(self) -> None:
        """Send everything of the plan."""
        self._clear.set()
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch(), name="watch")
            await self._send_all()
            await asyncio.gather(*self._rounds)
            watching.cancel()
        self.findings.look_into_logs()

    async def _send_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for turn, name in enumerate(TURNS):
                numbers = iter(self.plan.turns_of(turn))
                kind = "message" if name in ROLES else "request"
                lane = self._messages if name in ROLES else self._requests
                for index in range(LANES[kind]):
                    group.create_task(lane(turn, index, numbers), name=f"{name} {index}")

    def weigh(self) -> None:
        """Note how much memory each process has."""
        for name, child in self.system.services.items():
            if child.pid and child.running:
                self.memory.setdefault(name, []).append(resident_mib(child.pid))

    # -- lanes -----------------------------------------------------------------------------

    async def _messages(self, turn: int, index: int, numbers: Iterator[int]) -> None:
        publisher: mqtt.Publisher | None = None
        url, name = self.system.broker.url(TURNS[turn]), f"attack-{turn}-{index}"
        try:
            for number in numbers:
                if not await self._may_go():
                    return
                packet = self.plan.packet(number)
                self.findings.sent(number, TURNS[turn], packet)
                if packet.retain:
                    self.system.retained.add(packet.topic)
                try:
                    publisher = publisher or await mqtt.connected(url, name)
                    await publisher.send(packet)
                except (mqtt.Cut, TimeoutError, OSError, asyncio.IncompleteReadError):
                    self.cuts += 1
                    if publisher:
                        await publisher.close()
                    publisher = None
        finally:
            if publisher:
                with suppress(mqtt.Cut, TimeoutError):
                    await publisher.settled()
                await publisher.close()

    async def _requests(self, turn: int, index: int, numbers: Iterator[int]) -> None:
        url = self.system.open_gallery if TURNS[turn] == "open" else self.system.gallery
        address = f"127.0.{turn}.{index + 1}"  # wrong passwords are counted by address
        async with web.browser(url, address=address) as browser:
            for number in numbers:
                if not await self._may_go():
                    return
                request = self.plan.request(number)
                self.findings.sent(number, TURNS[turn], request)
                await self._ask(browser, request)

    async def _ask(self, browser: web.Browser, request: web.Request) -> None:
        waiting = any(part in request.target for part in WAITING)
        stuck = any(name in {b"Content-Length", b"Transfer-Encoding", b"Expect"}
                    for name, _ in request.headers)  # fmt: skip
        try:
            answer = await browser.ask(request, 2.0 if waiting or stuck else 40.0)
        except TimeoutError:
            if not (waiting or stuck) and not self.system.dead():
                key = f"no answer {request.target[:20]!r}"
                self.findings.add(key, "gallery: no answer in 40 s", cause=str(request))
            return
        except OSError:
            return  # it has ended: the watch tells
        except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return  # what we sent upset the order of the answers
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        fine = answer.status < 500 or (waiting and answer.status in GATEWAY)
        if not fine and not self.findings.look_into_logs(cause=str(request)):
            what = f"gallery: {answer.status} {answer.body[:300]!r}"
            self.findings.add(what[:60], what, cause=str(request))

    async def _may_go(self) -> bool:
        """Wait for our turn; False when enough was found."""
        self.count += 1
        if self.count % EACH == 0:
            await self._room.acquire()
            number = self.count // EACH
            task = asyncio.create_task(self._good_round(number), name=f"good {number}")
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)
        if self.count in (self.plan.length // 10, self.plan.length // 2):
            self.weigh()
        while self._room.locked() or not self._clear.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return not self.findings.enough

    # -- what must go on -------------------------------------------------------------------

    async def _good_round(self, number: int) -> None:
        before = set(self.good.sent)
        try:
            await self._clear.wait()
            await self.good.image()
            await self.good.event()
            await self.good.reading()
            if number % (COMMANDS_EACH // EACH) == 0:
                await self.good.commands()
        except NotDone as error:
            for each in self.good.sent.keys() - before:
                del self.good.sent[each]
            if not self.system.dead() and self._clear.is_set():
                self.findings.add(f"lost {error.service}", str(error))
                await self.system.services[error.service].kill()  # it lives and does nothing
        finally:
            self._room.release()

    async def _watch(self) -> None:
        """Tell of what has ended and start it again, so that one run finds more than one thing."""
        while True:
            if self.system.dead():
                self._clear.clear()
                await asyncio.sleep(0.5)  # others may follow, and logs be written
                places = self.findings.look_into_logs()
                for name in self.system.dead():
                    code = self.system.services[name].exit_code
                    self.findings.add(f"{name} ended {places}", f"{name} ended with code {code}")
                await self.system.revive()
                self._clear.set()
            await asyncio.sleep(LOOK_SECONDS)
