"""What each role may publish: half of it noise, half of it valid messages that were changed."""

import json
import time
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.fuzz import mutate, pictures, values
from tests.fuzz.mqtt import (
    Packet,
    content_type,
    correlation,
    expires,
    response_topic,
    user,
)
from tests.fuzz.system import CAMERAS

NODES: Final = ("esp32", *CAMERAS)
# Names for whoever speaks for many: a bounded number, as each is a node to the hub from then on.
STRANGERS: Final = (
    "esp32",
    *(f"site-{number}" for number in range(10)),
    "all",
    "hub",
    "Bad Name",
    "",
)
RETAINED: Final = frozenset({"status", "info", "preview", "reading", "detection"})
SHARE_OF_PICTURES, SHARE_OF_COMMANDS = 0.2, 0.12
# Not `restart`, which ends the process as it should.
SERVICES: Final = (
    "capture",
    "set",
    "autofocus",
    "live",
    "identify",
    "nothing",
    "x" * 40,
    "Bad",
    "",
)
EVENTS: Final = ("x", "node_online", "image_captured", "command_called", "motion_started",
                 "image_rejected", "person_detected", "storage_pressure", "Bad", "", "y" * 40)  # fmt: skip
CONTEXT: Final = {"id": "01HF0000000000000000000000", "parent_id": None}


def packet(random: Random, role: str) -> Packet:
    """Something that this role may publish."""
    if role == "homeassistant":
        return _finished(random, *_command(random))
    if role == "hub":
        return _finished(
            random, *random.choice((_receipt, _detection, _result, _hub_status))(random)
        )
    node = role if role in NODES else random.choice(STRANGERS)
    return _of_a_node(random, node)


def _of_a_node(random: Random, node: str) -> Packet:
    chance = random.random()
    if chance < SHARE_OF_PICTURES:
        return _image(random, node)
    kinds = (
        _event,
        _event,
        _event,
        _reading,
        _info,
        _status,
        _result,
        _detection,
        _preview,
        _reply,
    )
    return _finished(random, *random.choice(kinds)(random, node))


# -- each kind: its topic, and a body that is valid ------------------------------------------

Draft = tuple[str, Any]


def _event(random: Random, node: str) -> Draft:
    kind = random.choice(EVENTS)
    body = {"event_type": kind, "data": {"reason": "dark", "count": 3, "id": f"{node}:1"},
            "origin": node, "time_fired": "2026-06-01T12:00:00+00:00", "context": CONTEXT}  # fmt: skip
    return f"lookout/{node}/event/{kind}", body


def _reading(random: Random, node: str) -> Draft:
    return f"lookout/{node}/reading", {"timestamp": time.time(), "lux": 110.0, "temperature": 3.5,
                                       "humidity": 50, "cpu_temperature": 40.5}  # fmt: skip


def _info(random: Random, node: str) -> Draft:
    body = {"version": "1", "host": "pi", "model": "Pi 4", "camera": "imx708", "resolution": [640, 480],
            "services": ["capture"], "live_url": "http://127.0.0.1:1/live?token=x", "quality": 80,
            "started_at": 1.7e9, "spool_depth": 0, "interval": 5.0, "lights": {"lamp": True},
            "moving": ["door"], "sizes": [[640, 480]], "size": [640, 480], "ttl": 0,
            "last_capture": 1.7e9, "failure": "none", "preset": "day"}  # fmt: skip
    return f"lookout/{node}/info", body


def _status(random: Random, node: str) -> Draft:
    return f"lookout/{node}/status", random.choice((b"online", b"offline"))


def _result(random: Random, node: str = "garden") -> Draft:
    body = {"ok": False, "service": "capture", "node": node, "id": "01HF0000000000000000000000",
            "data": {"images": [f"{node}:1"]}, "error": {"code": "busy", "message": "later"},
            "context": CONTEXT}  # fmt: skip
    return f"lookout/{node}/result/capture", body


def _reply(random: Random, node: str) -> Draft:
    return f"lookout/hub/reply/{random.choice(('x', 'gallery', ''))}", _result(random, node)[1]


def _detection(random: Random, node: str = "garden") -> Draft:
    body = {"image_id": f"{node}:1", "timestamp": 1.7e9, "people": 1, "boxes": [[1, 2, 3, 4]]}
    return f"lookout/{node}/detection", body


def _preview(random: Random, node: str) -> Draft:
    return f"lookout/{node}/preview", pictures.odd()["plain"][:2000]


def _command(random: Random) -> Draft:
    node = random.choice((*CAMERAS, *CAMERAS, "all", "esp32"))
    service = random.choice(SERVICES)
    bodies: dict[str, Any] = {
        "capture": {"count": 1, "pause": 0, "quality": 50},
        "set": {"interval": 2, "quality": 70, "ttl": 3600, "motion": False, "preset": "day"},
        "autofocus": {"keep": False},
        "live": {"on": random.random() < 0.5},
        "identify": {"seconds": 0.1},
    }
    common = {"id": f"fuzz-{random.randrange(1000)}", "at": time.time(), "asked_by": "automation.x",
              "context": CONTEXT}  # fmt: skip
    if service != "set":
        common["ttl"] = 60
    chosen = {key: value for key, value in common.items() if random.random() < 0.4}
    return f"lookout/{node}/command/{service}", {**bodies.get(service, {}), **chosen}


def _receipt(random: Random) -> Draft:
    node = random.choice(CAMERAS)
    body = {"ids": [f"{node}:1", "esp32:2"], "rejected": [{"id": f"{node}:3", "reason": "dark"}],
            "time": time.time()}  # fmt: skip
    return f"lookout/{node}/stored", body


def _hub_status(random: Random) -> Draft:
    # Not of ingest itself: while it says that it is away, nodes keep what they have.
    return f"lookout/hub/{random.choice(('rules', 'door', 'Bad', ''))}/status", b"online"


# -- from a draft to a packet ----------------------------------------------------------------


def _finished(random: Random, topic: str, valid: Any) -> Packet:
    encoded = topic.encode()
    kind = topic.split("/")[2] if topic.count("/") > 1 else ""
    if random.random() < 0.03:
        encoded = _other_topic(random, encoded)
    return Packet(encoded, _payload(random, valid), _properties(random), _qos(random),
                  kind in RETAINED and random.random() < 0.3)  # fmt: skip


def _payload(random: Random, valid: Any) -> bytes:
    if random.random() < 0.5:
        made: tuple[Callable[[], bytes], ...] = (
            lambda: values.noise(random),
            lambda: values.dumps(values.tree(random)),
            lambda: values.dumps({values.name(random): values.tree(random) for _ in range(4)}),
        )
        return random.choice(made)()
    if isinstance(valid, bytes):
        return mutate.raw(random, valid) if random.random() < 0.7 else valid
    if random.random() < 0.1:
        return json.dumps(valid).encode()
    return mutate.body(random, valid)


def _other_topic(random: Random, topic: bytes) -> bytes:
    """The last part is another: access rules allow what is below events, commands and results."""
    parts = topic.split(b"/")
    last = (b"\xc3\xa9", b"x/y/z", b"", b" ", b"\xef\xbb\xbf", b"a" * 2000, b"..", b"\xe2\x80\xae")
    return b"/".join((*parts[:-1], random.choice(last)))


def _qos(random: Random) -> int:
    return 1 if random.random() < 0.7 else 0


def _properties(random: Random) -> bytes:
    if random.random() < 0.7:
        return b""
    return random.choice((
        lambda: user(b"asked_by", _text(random)),
        lambda: user(b"context_id", _text(random)),
        lambda: user(_text(random), _text(random)) * 3,
        lambda: response_topic(random.choice((b"lookout/hub/reply/x", b"$SYS/x", b"lookout/all/x"))),
        lambda: response_topic(b"lookout/hub/reply/x") + correlation(values.noise(random)),
        lambda: expires(random.choice((0, 1, 5, 0xFFFFFFFF))),
        lambda: content_type(_text(random)),
    ))()  # fmt: skip


def _text(random: Random) -> bytes:
    """UTF-8 that the broker lets pass: what is not is the broker's to refuse."""
    texts = ("", " ", "x" * 300, "\ufeff", "\u202e", "\U0001f4a9", "nan", "1e400", "9" * 400, "-1",
             "{", "[" * 3000, "garden:1", "01HF0000000000000000000000", "\u0661", "a:b", "null")  # fmt: skip
    return random.choice(texts).encode()


def _image(random: Random, node: str) -> Packet:
    picture = pictures.odd()[random.choice(list(pictures.odd()))]
    if random.random() < 0.5:
        picture = (
            values.noise(random, 2000) if random.random() < 0.3 else mutate.raw(random, picture)
        )
    moment = time.time() - random.randrange(100_000)
    meta = {"exposure_us": 8000, "gain": 1.5, "people": 1, "boxes": [[1, 2, 3, 4]]}
    given = {"id": f"{node}:{round(moment * 1000)}", "timestamp": f"{moment:.3f}", "lux": "110",
             "temperature": "3.5", "width": "640", "height": "480", "trigger": "interval",
             "context_id": "x-1", "parent_id": "y-2", "ttl": "3600"}  # fmt: skip
    pairs = [
        (key.encode(), value.encode()) for key, value in given.items() if random.random() < 0.5
    ]
    pairs.append((b"meta", mutate.body(random, meta)))
    if random.random() < 0.6:
        pairs = [(_valid(key), _valid(value)) for key, value in mutate.words(random, pairs)]
    properties = b"".join(user(_valid(key), _valid(value)) for key, value in pairs)
    return Packet(f"lookout/{node}/image".encode(), picture, properties, _qos(random))


def _valid(text: bytes) -> bytes:
    """What of it is UTF-8 as the broker lets it pass (MQTT 5, section 1.5.4)."""
    decoded = text.decode(errors="ignore")
    return "".join(
        each for each in decoded if each.isprintable() or each in "\ufeff\u202e"
    ).encode()
