"""Build and parse every topic. The table is in docs/topics.md."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

from lookout.contract.errors import BadTopic

NODE_PATTERN: Final = r"[a-z0-9][a-z0-9_-]{0,31}"
WORD_PATTERN: Final = r"[a-z][a-z0-9_]{0,31}"
ALL: Final = "all"
HUB: Final = "hub"
RESERVED: Final = frozenset({ALL, HUB})

_NODE = re.compile(NODE_PATTERN)
_WORD = re.compile(WORD_PATTERN)
# Mosquitto's own, retained: `1` while the bridge of this client id is connected, else `0`.
BRIDGE_STATES: Final = "$SYS/broker/connection/+/state"

_PLAIN_KINDS = frozenset({"status", "info", "image", "preview", "reading", "stored", "detection"})
_NAMED_KINDS = frozenset({"event", "command", "result"})


def check_node(name: str) -> str:
    """Return `name` if it may name a node; raises BadTopic."""
    if not _NODE.fullmatch(name):
        raise BadTopic(
            f"{_short(name)} is not a node name: use 1 to 32 of a-z, 0-9, _ and -, "
            "starting with a letter or digit"
        )
    if name in RESERVED:
        raise BadTopic(f"{name!r} is reserved: choose another node name")
    return name


def check_word(name: str) -> str:
    """Return `name` if it may name a service or an event type; raises BadTopic."""
    if not _WORD.fullmatch(name):
        raise BadTopic(
            f"{_short(name)} is not a name for a service or an event: use 1 to 32 of a-z, 0-9 "
            "and _, starting with a letter"
        )
    return name


NodeName = Annotated[str, AfterValidator(check_node)]
Word = Annotated[str, AfterValidator(check_word)]


@dataclass(frozen=True, slots=True)
class Address:
    """What a topic says: who (a node, `all` or `hub`), what kind, and the kind's own name."""

    node: str
    kind: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Topics:
    """Every topic under one root."""

    root: str = "lookout"

    def status(self, node: str) -> str:
        return self._of(check_node(node), "status")

    def info(self, node: str) -> str:
        return self._of(check_node(node), "info")

    def image(self, node: str) -> str:
        return self._of(check_node(node), "image")

    def preview(self, node: str) -> str:
        return self._of(check_node(node), "preview")

    def reading(self, node: str) -> str:
        return self._of(check_node(node), "reading")

    def stored(self, node: str) -> str:
        return self._of(check_node(node), "stored")

    def detection(self, node: str) -> str:
        return self._of(check_node(node), "detection")

    def event(self, node: str, event_type: str) -> str:
        """`node` may be `hub` for what concerns no single node."""
        return self._of(node if node == HUB else check_node(node), "event", check_word(event_type))

    def events_of(self, node: str) -> str:
        """The filter of all events of one node."""
        return self._of(check_node(node), "event", "+")

    def command(self, node: str, service: str) -> str:
        """`node` may be `all`."""
        return self._of(node if node == ALL else check_node(node), "command", check_word(service))

    def result(self, node: str, service: str) -> str:
        return self._of(check_node(node), "result", check_word(service))

    def hub_status(self, service: str) -> str:
        return self._of(HUB, check_word(service), "status")

    def hub_info(self, service: str = "events") -> str:
        """What a service of the hub says; `events` speaks for the hub as a whole."""
        return self._of(HUB, check_word(service), "info")

    def reply(self, caller: str) -> str:
        """Where a caller that sets an MQTT 5 response topic may ask nodes to answer."""
        return self._of(HUB, "reply", caller)

    def every(self, kind: str) -> str:
        """The subscription filter for one kind of message of every node."""
        return f"{self.root}/+/{kind}" + ("/+" if kind in _NAMED_KINDS else "")

    def every_hub_status(self) -> str:
        return self._of(HUB, "+", "status")

    def commands_for(self, node: str) -> tuple[str, str]:
        """The filters of what a node must obey: its own commands and those to all."""
        return f"{self.root}/{check_node(node)}/command/+", f"{self.root}/{ALL}/command/+"

    def shared(self, group: str, topic_filter: str) -> str:
        """The filter by which several workers share one stream of messages (MQTT 5)."""
        return f"$share/{check_word(group)}/{topic_filter}"

    def parse(self, topic: str) -> Address:
        """What the topic says. Raises BadTopic when it is not one of ours."""
        if not topic.startswith(self.root + "/"):
            raise BadTopic(f"{_short(topic)} is not under {self.root}/")
        match topic[len(self.root) + 1 :].split("/"):
            case ["hub", service, "status"]:
                return Address(HUB, "hub_status", check_word(service))
            case ["hub", service, "info"]:
                return Address(HUB, "hub_info", check_word(service))
            case ["hub", "event", name]:
                return Address(HUB, "event", check_word(name))
            case ["all", "command", name]:
                return Address(ALL, "command", check_word(name))
            case [node, kind] if kind in _PLAIN_KINDS:
                return Address(check_node(node), kind)
            case [node, kind, name] if kind in _NAMED_KINDS:
                return Address(check_node(node), kind, check_word(name))
        raise BadTopic(f"{_short(topic)} is not a topic of Lookout")

    def _of(self, *parts: str) -> str:
        return "/".join((self.root, *parts))


def _short(name: str) -> str:
    return repr(name if len(name) <= 64 else name[:64] + "...")
