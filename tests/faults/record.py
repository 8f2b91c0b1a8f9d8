"""The harness' own record of what was captured, which no process of the system can touch.

A capture counts from the moment its file is renamed into the spool: the camera has promised it
then, also when it is killed in the next instant. The kernel tells of each rename. While the disk
under a spool is full a capture stays in memory; then the event that announces it counts.
"""

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from lookout.bus.subscription import Subscription
from lookout.contract.events import parse_event
from lookout.contract.images import image_id, split_image_id
from services.camera.outbox import spoolfile
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True)
class Capture:
    """What must be found; `digest` of the JPEG is empty where its file was gone already."""

    id: str
    node: str
    milliseconds: int  # of the capture, Unix time
    digest: str = ""
    seen_at: float = 0.0  # when its file was there, by the clock of the harness; 0: never seen


@dataclass(slots=True)
class Record:
    """Every capture by its id, and what the nodes and the hub said of losses."""

    captures: dict[str, Capture] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    confirmed: set[str] = field(default_factory=set)  # by the hub's receipts

    def renamed(self, path: Path) -> None:
        """A file was renamed into a spool."""
        if path.suffix != spoolfile.SUFFIX:
            return
        node, milliseconds = path.parent.name, int(path.stem)
        try:
            digest = hashlib.sha256(spoolfile.read(path)[1]).hexdigest()
        except FileNotFoundError:  # confirmed within a moment
            digest = ""
        identifier = image_id(node, milliseconds)
        self.captures[identifier] = Capture(identifier, node, milliseconds, digest, time.time())

    async def follow(self, events: Subscription) -> None:
        """Note what is announced, until cancelled."""
        async for message in events:
            event_type = message.topic.rpartition("/")[2]
            event = parse_event(message.payload, event_type=event_type)
            if event_type == "image_captured":
                self._announced(str(event.data["id"]))
            elif event_type in {"spool_dropped", "image_rejected"}:
                self.said.append(f"{message.topic}: {event.data}")

    async def follow_receipts(self, receipts: Subscription) -> None:
        """Note what the hub says is stored, until cancelled."""
        async for message in receipts:
            self.confirmed.update(json.loads(message.payload)["ids"])

    def _announced(self, identifier: str) -> None:
        node, milliseconds = split_image_id(identifier)
        self.captures.setdefault(identifier, Capture(identifier, node, milliseconds))

    def count(self, node: str) -> int:
        """How many captures of a node there are."""
        return sum(capture.node == node for capture in self.captures.values())

    async def more(self, number: int, *nodes: str) -> None:
        """Wait until each of these nodes has taken `number` more pictures."""
        goals = {node: self.count(node) + number for node in nodes}
        await eventually(lambda: all(self.count(n) >= goal for n, goal in goals.items()), 40)
