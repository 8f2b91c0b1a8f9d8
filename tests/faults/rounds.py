"""Rounds of faults on the whole system; after each of them everything must be as it should."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from bench.machine import resident_mib
from lookout.bus.own import own_client_id
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from lookout.host.tasks import cancel
from lookout.store.errors import StoreAway
from tests.faults.comparison import Comparison
from tests.faults.event_log import EventLog
from tests.faults.faults import (
    Fault,
    Round,
    of_broker,
    of_clock,
    of_disk,
    of_link,
    of_memory,
    of_name,
    of_power,
    of_server,
    of_service,
)
from tests.faults.floods import of_flood
from tests.faults.record import Record
from tests.faults.report import Report
from tests.faults.system import NODES, System
from tests.support.folder_watch import FolderWatch
from tests.support.power import PowerCut
from tests.support.waiting import eventually

PACEMAKER = "barn"  # no fault hits this camera: its captures are the harness' clock
WARM_UP = 25  # captures of each node
RECOVERY = 120.0  # seconds
WRONG = {"3 days behind": -3 * 86_400.0, "1 hour behind": -3_600.0, "400 days ahead": 34_560_000.0}
BORN = -time.time()  # a clock in 1970
MEMORY_SLACK = 30.0  # MiB that a process may have more at the end


def every_fault(system: System) -> list[Fault]:
    """All that can be done to the system here."""
    services, links, disks = system.services, system.links, system.disks
    faults = [
        *of_broker("broker", system.broker, system.folder / "broker" / "mosquitto.db"),
        *of_server("redis", system.store),
        *of_power("redis", PowerCut(system.client, system.store, system.folder / "redis")),
        *of_memory("redis", system.client),
        *of_service("ingest", services["ingest"]),
        *of_service("ingest_2", services["ingest_2"]),
        *of_service("events", services["events"]),
        *of_service("camera", services["garden"]),
    ]
    faults += of_flood(system.broker)
    for name, link in links.items():
        faults += of_link(name, link)
    garden = Broker(url=system.broker.url("garden"))
    faults += of_name("camera", garden, own_client_id(garden, "garden"))
    if system.clocks:
        faults += of_clock("hub", system.clocks["hub"], wrong=WRONG)
        faults += of_clock("camera", system.clocks["garden"], wrong={**WRONG, "in 1970": BORN})
    if disks:
        faults += of_disk("redis", disks["redis"])
        faults += of_disk("camera", disks["garden"], alone=True)
    return faults


@dataclass(slots=True)
class Harness:
    """Breaks and mends the system, and compares it with the record."""

    system: System
    listener: Session  # by which the record hears of announcements
    record: Record
    comparison: Comparison
    event_log: EventLog
    report: Report

    async def play(self, plan: list[Round]) -> None:
        """Every round; the report is whole however it ends."""
        began = time.monotonic()
        try:
            await self.record.more(WARM_UP, *NODES)
            await self._settled()
            self.report.memory_before = self._memory()
            for each in plan:
                await self._round(each)
        finally:
            await self._sum_up()
            self.report.seconds = time.monotonic() - began
        self._check_memory()

    async def _round(self, each: Round) -> None:
        names = [fault.name for fault in each.faults]
        self.report.count(names)
        print(f"{time.strftime('%X')} round {self.report.rounds}: {', '.join(names)}", flush=True)
        for fault in each.faults:
            await fault.begin()
        await self.record.more(each.captures, PACEMAKER)
        for fault in each.faults:
            await fault.end()
        if any(fault.removes for fault in each.faults):
            self.comparison.removable |= self.record.captures.keys()
        await self.record.more(2, *NODES)
        await self._settled()

    async def _settled(self) -> None:
        """All that was captured until now is stored, once, and no event is logged twice."""
        wanted = list(self.record.captures.values())
        await eventually(lambda: self.comparison.all_found(wanted), RECOVERY)
        await eventually(self.comparison.nothing_doubled)
        assert not (doubled := await self.event_log.doubled()), f"logged twice: {doubled}"
        assert not self.record.said, f"told as lost or refused: {self.record.said}"
        await self.listener.connected()
        lost, _ = await self.comparison.gone()
        assert not lost, f"they were stored, and are gone: {lost}"

    async def _sum_up(self) -> None:
        """Fill in the report, as far as a run that failed allows."""
        report, comparison = self.report, self.comparison
        wanted = list(self.record.captures.values())
        report.captures = len(wanted)
        report.memory_after = self._memory()
        with suppress(StoreAway):
            with suppress(AssertionError):  # then they are lost
                await eventually(lambda: comparison.all_found(wanted), 30)
            missing = {each.id for each in wanted} - comparison.found
            lost, removed = await comparison.gone()
            report.lost = len(missing | lost)
            report.found = report.captures - report.lost
            report.doubled = len(await comparison.doubled())
            report.doubled_events = len(await self.event_log.doubled())
            report.removed_for_room = len(removed)
            report.events = len(self.event_log)

    def _check_memory(self) -> None:
        for name, before in self.report.memory_before.items():
            after = self.report.memory_after[name]
            assert after < before + MEMORY_SLACK, f"{name}: {before:.0f} -> {after:.0f} MiB"

    def _memory(self) -> dict[str, float]:
        return {name: resident_mib(child.pid or 0) for name, child in self.system.services.items()}


@asynccontextmanager
async def harness(system: System, seed: int) -> AsyncIterator[Harness]:
    """A harness that records what the system captures."""
    record = Record()
    client = system.client
    comparison, log = Comparison(client, record), EventLog(client, system.logs)
    async with Session(Broker(url=system.broker.url("hub")), "the-record") as listener:
        events = listener.subscribe(Topics().every("event"))
        await listener.connected()
        receipts = listener.subscribe(Topics().every("stored"))
        following = [
            asyncio.create_task(record.follow(events), name="record"),
            asyncio.create_task(record.follow_receipts(receipts), name="receipts"),
        ]
        with ExitStack() as stack:
            for spool in system.spools:
                stack.enter_context(FolderWatch(spool, record.renamed))
            try:
                yield Harness(system, listener, record, comparison, log, Report(seed))
            finally:
                await cancel(*following)
