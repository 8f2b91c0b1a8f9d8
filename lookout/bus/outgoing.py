"""Messages on their way out, and the bounded outbox where they wait for a connection."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MAX_PACKET: Final = 268_435_455  # MQTT's own limit, bytes
PACKET_OVERHEAD: Final = 64  # bytes of an MQTT 5 PUBLISH besides topic, payload, user properties


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish; `properties` are MQTT 5 properties by their names."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the whole packet, at most."""
        user = self.properties.get("UserProperty", ())
        words = sum(len(key.encode()) + len(value.encode()) + 5 for key, value in user)
        return len(self.payload) + len(self.topic.encode()) + words + PACKET_OVERHEAD


def outgoing(
    topic: str,
    payload: bytes | str,
    *,
    qos: int = 1,
    retain: bool = False,
    user: Mapping[str, str] | None = None,
    **properties: Any,
) -> Outgoing:
    """A message with user properties and further MQTT 5 properties; None leaves one out."""
    given = {name: value for name, value in properties.items() if value is not None}
    if user:
        given["UserProperty"] = list(user.items())
    data = payload.encode() if isinstance(payload, str) else payload
    return Outgoing(topic, data, qos, retain, given)


class Outbox:
    """What was posted while there is no connection: in order, bounded, the oldest dropped."""

    def __init__(self, limit: int) -> None:
        self.dropped = 0
        self._limit = limit
        self._waiting: deque[Outgoing] = deque()

    def put(self, message: Outgoing) -> None:
        """Add a message; the oldest makes room."""
        self._waiting.append(message)
        if len(self._waiting) > self._limit:
            self._waiting.popleft()
            self.dropped += 1

    def take_all(self) -> Iterator[Outgoing]:
        """The messages, each taken out as it is given."""
        while self._waiting:
            yield self._waiting.popleft()
