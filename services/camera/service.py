"""One camera node: it captures, spools, sends until confirmed, and obeys commands."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from lookout.bus.commands import Services
from lookout.bus.events import EventBus
from lookout.bus.journal import Journal
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.contract.wire import now
from lookout.host.notify import Systemd
from lookout.host.run import Unusable
from services.camera.capture.capturer import Capturer
from services.camera.capture.ids import Milliseconds
from services.camera.capture.tuning import Tuning
from services.camera.detectors import Detectors
from services.camera.lights import Lights
from services.camera.live import LiveView, Streamer
from services.camera.node.commands import Commands
from services.camera.node.health import Health
from services.camera.node.homeassistant import HomeAssistant
from services.camera.node.info import About
from services.camera.node.light_command import LightCommand
from services.camera.node.presets import Presets
from services.camera.observers.people import PeopleCount
from services.camera.observers.preview import Previewer
from services.camera.observers.view import ViewWatch
from services.camera.outbox.hubclock import HubClock
from services.camera.outbox.sender import Sender
from services.camera.outbox.spool import Spool
from services.camera.sensors import Sensors, make_probes
from services.camera.settings import CameraSettings
from services.camera.sources import Source
from services.camera.state import State
from services.camera.triggers import Triggers
from services.camera.triggers.interval import Schedule
from services.camera.triggers.times import zone


async def run(settings: CameraSettings, session: Session, source: Source) -> None:
    """Serve until cancelled, or until `restart` is asked for.

    Raises Unusable when the camera gives no picture for too long.
    """
    node, topics = settings.node, Topics(settings.mqtt.root)
    events = EventBus(session, topics, origin=node)
    spool = await _spool(settings, events)
    state = State(settings.spool_path / "state.json")
    previewer = Previewer(session, topics, node)
    view = ViewWatch(settings.view, events)
    tuning = Tuning(settings.camera, state)
    await source.adjust(tuning.current)
    lights = Lights(settings.lights, zone(settings.triggers.timezone))
    capturer = Capturer(
        node=node,
        source=source,
        spool=spool,
        state=state,
        events=events,
        previewer=previewer,
        view=view,
        people=PeopleCount(session, topics, events, node),
        ids=Milliseconds(max(state.last_id, spool.newest)),
        settings=state.capture(settings.capture),
        tuning=tuning,
        flash=lights.flash,
    )
    triggers = Triggers(settings.triggers, capturer, events)
    schedule = Schedule(capturer, triggers.sun)
    journal = Journal(settings.spool_path / "commands.json")
    services = Services(session, topics, node, events, journal)
    streamer = Streamer(capturer, settings.live)
    live_on = state.live(settings.live.enabled)
    live = LiveView(settings.live, settings.mqtt, streamer, events, on=live_on)
    hub_clock = HubClock(events, settings.health.clock_skew)
    motion = state.motion(settings.detect.motion.enabled)
    detectors = Detectors(settings.detect, capturer, events, live.changed, motion=motion)
    presets = Presets(settings, capturer, detectors)
    about = About(
        node=node,
        session=session,
        topics=topics,
        capturer=capturer,
        services=services,
        live=live,
        hub_clock=hub_clock,
        lights=lights,
        detectors=detectors,
        presets=presets,
        started_at=now(),
    )
    end = asyncio.Event()
    Commands(capturer, schedule, about, live, detectors, presets, end).register(services)
    if settings.lights:
        LightCommand(lights, about).register(services)
    health = Health(capturer, events, Systemd(), settings.health.give_up_after, end)
    sender = Sender(node, session, topics, spool, settings.spool, hub_clock)
    receipts = session.subscribe(topics.stored(node))
    hub = session.subscribe(topics.every_hub_status())
    probes = make_probes(settings.sensors, events, settings.spool_path)
    sensors = Sensors(node, session, topics, capturer, settings.sensors, probes)
    work = {
        "capture schedule": schedule.run(),
        "commands": services.serve(),
        "sender": sender.send_forever(),
        "receipts": sender.take_receipts(receipts),
        "hub": sender.follow_hub(hub),
        "preview": previewer.publish_forever(),
        "live view": live.run(),
        "readings": sensors.run(),
        **detectors.work(),
        **triggers.work(),
        "lights": lights.run(capturer),
        "info": about.run(),
        "home assistant": HomeAssistant(settings, session, about, sensors).run(),
        "health": health.run(),
        "view": view.run(),
    }
    async with AsyncExitStack() as stack:
        stack.callback(state.save)
        stack.push_async_callback(capturer.close)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [group.create_task(body, name=name) for name, body in work.items()]
        await end.wait()
        for task in tasks:
            task.cancel()
    if health.reason is not None:
        raise Unusable(health.reason)


async def _spool(settings: CameraSettings, events: EventBus) -> Spool:
    """The spool with what an earlier process left in it."""
    spool = Spool(
        settings.spool_path,
        max_bytes=settings.spool.max_bytes,
        max_files=settings.spool.max_files,
        policy=settings.spool.policy,
        dropped=partial(_announce_drop, events),
    )
    await spool.load()
    return spool


def _announce_drop(events: EventBus, count: int, reason: str) -> None:
    events.fire("spool_dropped", {"count": count, "reason": reason})
