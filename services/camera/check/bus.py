"""Does the broker answer, let us in, and take what we publish?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from lookout.bus.errors import BusError
from lookout.bus.outgoing import MAX_PACKET
from lookout.bus.session import Session
from lookout.contract.events import Event
from lookout.contract.topics import Topics
from lookout.host.settings import Broker
from services.camera.check.finding import Finding, Verdict
from services.camera.settings import CameraSettings

CONNECT_SECONDS: Final = 8.0
EVENT: Final = "node_checked"  # what is published to see whether we may
SMALL: Final = 1_000_000  # bytes of a packet, below which most captures are encoded once more


async def check_bus(settings: CameraSettings) -> AsyncIterator[Finding]:
    """Connect with the node's own name and password, beside the node itself."""
    broker = settings.mqtt
    async with Session(broker, f"lookout-check-{settings.node}") as session:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await session.connected()
        except TimeoutError:
            yield Finding("broker", "problem", _unreachable(broker, session.trouble), _todo(broker))
            return
        yield Finding("broker", "ok", f"{broker.host}:{broker.port} lets {broker.username} in")
        yield await _may_publish(settings, session)
        yield judge_packets(session.max_packet_size)


def _unreachable(broker: Broker, why: str) -> str:
    return f"no connection to {broker.host}:{broker.port}: {why or 'no answer'}"


def _todo(broker: Broker) -> str:
    return (
        f"Check that the broker runs, and user {broker.username or '(none given)'}, password and "
        "port in mqtt.url. The node's name and password are set by mosquitto_passwd."
    )


async def _may_publish(settings: CameraSettings, session: Session) -> Finding:
    """Publish an event in the node's name: the broker says whether it takes it."""
    event = Event(event_type=EVENT, origin=settings.node, time_fired=datetime.now(UTC))
    topic = Topics(settings.mqtt.root).event(settings.node, EVENT)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await session.publish(topic, event.encode())
    except (BusError, TimeoutError) as error:
        return Finding(
            "rights",
            "problem",
            f"{settings.mqtt.username} may not publish to {topic} ({error or 'no answer'})",
            f"Log in as {settings.node}: a node may speak only for the name it logs in with.",
        )
    return Finding("rights", "ok", f"may publish as {settings.node}")


def judge_packets(most: int) -> Finding:
    """Whether the broker's largest packet, in bytes, leaves room for pictures."""
    if most >= MAX_PACKET:
        return Finding("packets", "ok", "the broker takes captures of any size")
    verdict: Verdict = "ok" if most >= SMALL else "warning"
    return Finding(
        "packets",
        verdict,
        f"the broker takes {most:,} bytes at most; larger captures are encoded once more to fit",
        "" if verdict == "ok" else "Raise max_packet_size in mosquitto.conf.",
    )
