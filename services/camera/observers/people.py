"""How many people the camera itself saw: the newest count, and events when it changes."""

from dataclasses import dataclass
from typing import Any

from lookout.bus.events import EventBus
from lookout.bus.session import Session
from lookout.contract.nodes import Detection
from lookout.contract.topics import Topics
from services.camera.capture.observer import Kept


@dataclass(slots=True)
class PeopleCount:
    """Tells what a camera with a network of its own counted; silent for every other camera."""

    session: Session
    topics: Topics
    events: EventBus
    node: str
    _last: int = 0

    def show(self, kept: Kept) -> None:
        """The node's newest picture."""
        picture, image_id, context = kept.picture, kept.id, kept.context
        people: Any = picture.meta.get("people")
        if people is None:
            return
        boxes: Any = picture.meta.get("boxes", ())
        detection = Detection(
            image_id=image_id, timestamp=round(picture.timestamp, 3), people=people, boxes=boxes
        )
        self.session.post(self.topics.detection(self.node), detection.encode(), retain=True)
        before, self._last = self._last, people
        told = {"image_id": image_id, "people": people, "before": before}
        if people and not before:
            self.events.fire("person_detected", told, cause=context)
        if people != before:
            self.events.fire("people_changed", told, cause=context)
