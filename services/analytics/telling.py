"""What is told of a node's newest image: what is there now, and what has changed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.images import PERSON
from lookout.contract.nodes import Detection
from lookout.contract.topics import Topics
from lookout.contract.watched import Steady
from lookout.contract.wire import Context
from lookout.store.groups import Entry
from lookout.vision.objects.thing import Thing, people
from services.analytics.zones import ANYWHERE, Counts, steady

News: TypeAlias = tuple[str, dict[str, JsonValue]]  # type and data of an event


@dataclass(frozen=True, slots=True)
class Teller:
    """Says on the bus what is seen."""

    session: Session
    topics: Topics
    events: EventBus

    def tell(
        self,
        entry: Entry,
        things: Sequence[Thing],
        recent: Sequence[str],
        rules: Steady,
        context_id: str | None,
    ) -> None:
        """`recent` is what was seen in the node's last images, this one's first."""
        node, image_id = entry.fields["node"], entry.fields["id"]
        pictures: list[Counts] = [json.loads(each) for each in recent]
        now = steady(pictures[: rules.of], rules.seen)
        before = steady(pictures[1 : rules.of + 1], rules.seen)
        number = people(things)
        detection = Detection(
            image_id=image_id,
            timestamp=float(entry.fields["timestamp"]),
            people=number,
            boxes=tuple(thing.box for thing in things[:number]),
            labels=now.get(ANYWHERE, {}),
            zones={zone: labels for zone, labels in now.items() if zone != ANYWHERE},
        )
        self.session.post(self.topics.detection(node), detection.encode(), retain=True)
        cause = Context(id=context_id) if context_id else None
        for name, data in changes(before, now):
            self.events.fire(name, {"image_id": image_id, **data}, node=node, cause=cause)


def changes(before: Counts, now: Counts) -> Iterator[News]:
    """The events that what is there now makes: of people as a camera that counts fires them."""
    for label, was, number in _differences(before.get(ANYWHERE, {}), now.get(ANYWHERE, {})):
        if label == PERSON:
            told: dict[str, JsonValue] = {"people": number, "before": was}
            if not was:
                yield "person_detected", told
            yield "people_changed", told
        elif not was:
            yield "object_detected", {"label": label, "count": number}
    for zone in sorted((before.keys() | now.keys()) - {ANYWHERE}):
        for label, was, number in _differences(before.get(zone, {}), now.get(zone, {})):
            yield "zone_changed", {"zone": zone, "label": label, "count": number, "before": was}


def _differences(
    before: Mapping[str, int], now: Mapping[str, int]
) -> Iterator[tuple[str, int, int]]:
    for label in sorted(before.keys() | now.keys()):
        if (was := before.get(label, 0)) != (number := now.get(label, 0)):
            yield label, was, number
