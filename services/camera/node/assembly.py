"""The parts of a node, made in the order in which each needs the ones before it."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

from lookout.bus.commands import Services
from lookout.bus.events import EventBus
from lookout.bus.intake import Ignored, Intake
from lookout.bus.journal import Journal
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.host.notify import Systemd
from services.camera.capture.capturer import Capturer
from services.camera.capture.device import Device
from services.camera.capture.ids import Milliseconds
from services.camera.detectors import Detectors
from services.camera.knobs import Knobs, State
from services.camera.knobs.knobs import SEEN
from services.camera.lights import Lights
from services.camera.live import LiveView, Streamer
from services.camera.node.commands import Commands
from services.camera.node.health import Health
from services.camera.node.homeassistant import HomeAssistant
from services.camera.node.info import Facts, NodeInfo
from services.camera.node.light_command import LightCommand
from services.camera.node.sleep import Sleep
from services.camera.observers.people import PeopleCount
from services.camera.observers.preview import Previewer
from services.camera.observers.view import ViewWatch
from services.camera.outbox.hubclock import HubClock
from services.camera.outbox.losses import Losses
from services.camera.outbox.nodeclock import NodeClock
from services.camera.outbox.pace import Pace
from services.camera.outbox.sender import Sender
from services.camera.outbox.spool import Spool
from services.camera.sensors import Sensors, make_probes
from services.camera.settings import CameraSettings
from services.camera.sources import Source
from services.camera.triggers import Triggers
from services.camera.triggers.times import zone

Work = dict[str, Coroutine[Any, Any, None]]


class Node:
    """One camera with all that belongs to it."""

    def __init__(self, settings: CameraSettings, session: Session, source: Source) -> None:
        self.settings, self.session = settings, session
        self.name, self.topics = settings.node, Topics(settings.mqtt.root)
        self.end = asyncio.Event()
        self.clock = NodeClock(settings.spool_path / "clock.json")
        self.events = EventBus(session, self.topics, origin=self.name, now=self.clock.now)
        self.events.tell_of_doubles(self.name)
        self._source = source
        self._make_camera(source)
        self._make_watchers()
        self._make_faces()

    def _make_camera(self, source: Source) -> None:
        """From the device to the hub."""
        settings = self.settings
        self.knobs = Knobs(settings, State(settings.spool_path / "state.json"))
        self.device = Device(source, self.knobs)
        self.losses = Losses(self.events)
        self.spool = Spool(
            settings.spool_path,
            max_bytes=settings.spool.max_bytes,
            max_files=settings.spool.max_files,
            policy=settings.spool.policy,
            write_after=settings.spool.write_after,
            dropped=self.losses.note,
            tell=partial(_announce_block, self.events),
        )
        self.hub_clock = HubClock(self.events, settings.health.clock_skew, self.clock.learn)
        self.sender = Sender(
            self.name,
            self.session,
            self.topics,
            self.spool,
            settings.spool,
            self.hub_clock,
            self.clock,
            self.events,
            Pace(settings.spool.longest),
        )
        self.preview = Previewer(self.session, self.topics, self.name)
        self.knobs.tell(self.preview.forget)
        self.view = ViewWatch(settings.view, self.events)
        people = PeopleCount(self.session, self.topics, self.events, self.name)
        self.lights = Lights(settings.lights, zone(settings.triggers.timezone))
        self.capturer = Capturer(
            node=self.name,
            device=self.device,
            knobs=self.knobs,
            spool=self.spool,
            events=self.events,
            ids=Milliseconds(self.knobs.state.last_id, self.clock.free_id),
            clock=self.clock,
            observers=(self.preview, self.view, people),
            light=self.lights.flash,
        )

    def _make_watchers(self) -> None:
        """What looks, measures and has pictures taken."""
        settings, changed = self.settings, asyncio.Event()
        self.knobs.when_proved(changed.set)
        self.triggers = Triggers(settings.triggers, self.capturer, self.events)
        streamer = Streamer(self.device, self.knobs, settings.live)
        self.live = LiveView(
            settings.live, settings.mqtt, streamer, self.events, changed.set, on=self.knobs.live
        )
        self.detectors = Detectors(settings.detect, self.capturer, self.events, changed.set)
        probes = make_probes(settings.sensors, self.events, settings.spool_path)
        self.sensors = Sensors(
            self.name,
            self.session,
            self.topics,
            self.capturer,
            settings.sensors,
            probes,
            self.clock.now,
        )
        self._changed = changed

    def _make_faces(self) -> None:
        """What the node says and obeys."""
        settings, session = self.settings, self.session
        journal = Journal(settings.spool_path / "commands.json")
        self._tell_lost("clock.json", self.clock.damage)
        self._tell_lost("commands.json", journal.damage)
        self._tell_lost("state.json", self.knobs.state.damage)
        self.services = Services(
            session, self.topics, self.name, self.events, journal, self.clock.now
        )
        facts = Facts(
            node=self.name,
            device=self.device,
            knobs=self.knobs,
            capturer=self.capturer,
            services=self.services,
            live=self.live,
            hub_clock=self.hub_clock,
            lights=self.lights,
            detectors=self.detectors,
            started_at=now(),
        )
        self.info = NodeInfo(session, self.topics, facts, self._changed)
        Commands(
            self.name,
            self.capturer,
            self.knobs,
            self.info,
            self.live,
            self.detectors,
            self.end,
        ).register(self.services)
        self.sleep = Sleep(
            settings.sleep, session, self.capturer, self.services, self.info, self.end
        )
        if settings.sleep.every:
            self.sleep.register()
        if settings.lights:
            LightCommand(self.lights, self.info).register(self.services)
        self.home_assistant = HomeAssistant(
            settings, session, self.info, self.device, self.knobs, self.detectors, self.sensors
        )
        give_up_after = settings.health.give_up_after
        self.health = Health(self.capturer, self.events, Systemd(), give_up_after, self.end)

    def _tell_lost(self, file: str, reason: str | None) -> None:
        """A file that is lost is told: what a person had set is not there any more."""
        if reason:
            self.events.fire("state_lost", {"file": file, "reason": reason})

    async def begin(self) -> None:
        """Find what an earlier process left, and tell the source its settings."""
        await self.spool.load()
        self.capturer.ids.last = max(self.capturer.ids.last, self.spool.newest)
        await self._source.adjust(self.knobs.camera)
        if self.knobs.shows_otherwise():
            self.preview.forget(frozenset(SEEN))  # the broker's is from before

    def work(self) -> Work:
        """What must run, by task name."""
        topics, session = self.topics, self.session
        receipts = session.subscribe(topics.stored(self.name), retained=False)
        intake = Intake(topics, Ignored())
        hub = session.subscribe(topics.every_hub_status())
        return {
            "commands": self.services.serve(),
            "settings": self.knobs.run(),
            "clock": self.clock.run(),
            "sender": self.sender.send_forever(),
            "losses": self.losses.run(),
            "spool": self.spool.run(),
            "what was put back": self.sender.take_back(),
            "receipts": intake.each("receipts", receipts, self.sender.handle_receipt),
            "hub": intake.raw("hub", hub, self.sender.follow_hub),
            "preview": self.preview.publish_forever(),
            "live view": self.live.run(),
            "readings": self.sensors.run(),
            **self.detectors.work(),
            **self.triggers.work(),
            "lights": self.lights.run(self.capturer),
            "info": self.info.run(),
            "home assistant": self.home_assistant.run(),
            "health": self.health.run(),
            "view": self.view.run(),
            **({"sleep": self.sleep.run()} if self.settings.sleep.every else {}),
        }


def _announce_block(events: EventBus, reason: str) -> None:
    events.fire("spool_failed" if reason else "spool_ok", {"reason": reason} if reason else {})
