"""One camera node: it captures, spools, sends until confirmed, and obeys commands."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from lookout.bus.commands import Services
from lookout.bus.events import EventBus
from lookout.bus.journal import Journal
from lookout.bus.messages import now
from lookout.bus.session import Session
from lookout.bus.topics import Topics
from services.camera.about import About
from services.camera.capturer import Capturer
from services.camera.commands import Commands
from services.camera.detectors import Detectors
from services.camera.ids import Milliseconds
from services.camera.live import LiveView, Streamer
from services.camera.previewer import Previewer
from services.camera.schedule import Schedule
from services.camera.sender import Sender
from services.camera.sensors import Sensors
from services.camera.settings import CameraSettings
from services.camera.sources import Source
from services.camera.spool import Spool
from services.camera.state import State
from services.camera.triggers import Triggers
from services.camera.tuning import Tuning


async def run(settings: CameraSettings, session: Session, source: Source) -> None:
    """Serve until cancelled, or until `restart` is asked for."""
    node, topics = settings.node, Topics(settings.mqtt.root)
    events = EventBus(session, topics, origin=node)
    spool = await _spool(settings, events)
    state = State(settings.spool_path / "state.json")
    previewer = Previewer(session, topics, node)
    tuning = Tuning(settings.camera, state)
    await source.adjust(tuning.current)
    capturer = Capturer(
        node=node,
        source=source,
        spool=spool,
        state=state,
        events=events,
        previewer=previewer,
        ids=Milliseconds(max(state.last_id, spool.newest)),
        settings=state.capture(settings.capture),
        tuning=tuning,
    )
    triggers = Triggers(settings.triggers, capturer, events)
    schedule = Schedule(capturer, triggers.sun)
    journal = Journal(settings.spool_path / "commands.json")
    services = Services(session, topics, node, events, journal)
    streamer = Streamer(capturer, settings.live)
    live_on = state.live(settings.live.enabled)
    live = LiveView(settings.live, settings.mqtt, streamer, events, on=live_on)
    about = About(node, session, topics, capturer, services, live, started_at=now())
    motion = state.motion(settings.detect.motion.enabled)
    detectors = Detectors(settings.detect, capturer, events, motion=motion)
    restart_asked = asyncio.Event()
    Commands(capturer, schedule, about, live, detectors, restart_asked).register(services)
    sender = Sender(node, session, topics, spool, settings.spool)
    receipts = session.subscribe(topics.stored(node))
    hub = session.subscribe(topics.every_hub_status())
    sensors = Sensors(node, session, topics, capturer, settings.sensors.interval)
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
        "info": about.run(),
    }
    async with AsyncExitStack() as stack:
        stack.callback(state.save)
        stack.push_async_callback(capturer.close)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = [group.create_task(body, name=name) for name, body in work.items()]
        await restart_asked.wait()
        for task in tasks:
            task.cancel()


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
