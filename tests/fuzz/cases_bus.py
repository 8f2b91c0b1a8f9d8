"""Each known case on the bus, by name."""

import json
from collections.abc import Iterator

from tests.fuzz import pictures
from tests.fuzz.cases import IGNORED, SURROGATE, TAKEN, TOLD, Message, deep
from tests.fuzz.mqtt import Packet, correlation, response_topic, user, users
from tests.support.pictures import numbered_jpeg

BOM = "\ufeff".encode()


def messages() -> Iterator[Message]:
    """All cases on the bus."""
    yield from _events()
    yield from _infos()
    yield from _images()
    yield from _readings()
    yield from _commands()
    yield from _of_the_hub()
    yield from _properties()


def _message(name: str, kind: str, body: str | bytes, **more: str) -> Message:
    payload = body.encode() if isinstance(body, str) else body
    retain = kind in {"info", "status", "reading", "preview", "detection"}
    node = more.pop("node", "esp32")
    packet = Packet(f"lookout/{node}/{kind}".encode(), payload, retain=retain)
    return Message(f"{kind.partition('/')[0]}: {name}", packet, **more)


def _events() -> Iterator[Message]:
    yield _message("a lone surrogate", "event/x", f'{{"data":{{"a":"{SURROGATE}"}}}}')
    yield _message("a lone surrogate as a name", "event/x", f'{{"data":{{"{SURROGATE}":1}}}}')
    yield _message(
        "a lone surrogate as origin", "event/x", f'{{"data":{{}},"origin":"{SURROGATE}"}}'
    )
    for name, moment in {
        "time of the year 1": "0001-01-01T00:00:00",
        "time of the year 1 with a zone": "0001-01-01T00:00:00+14:00",
        "time of the year 9999": "9999-12-31T23:59:59-14:00",
        "time of the year 9999 in UTC": "9999-12-31T23:59:59Z",
        "time before 1970": "1969-12-31T00:00:00Z",
        "time with an impossible zone": "2026-01-01T00:00:00+99:99",
    }.items():
        yield _message(name, "event/x", json.dumps({"data": {}, "time_fired": moment}))
    for number in ("1e308", "-1e308", "99999999999999", "-62135596800", "253402300799", "NaN"):
        # Of a clock that is far off, and of none at all.
        becomes = IGNORED if number in {"99999999999999", "253402300799"} else TOLD
        body = f'{{"data":{{}},"time_fired":{number}}}'
        yield _message(f"time {number}", "event/x", body, becomes=becomes)
    yield _message("deep data", "event/x", f'{{"data":{{"a":{deep()}}}}}')
    yield _message("deep data, 250 levels", "event/x", f'{{"data":{{"a":{deep(depth=250)}}}}}')
    yield _message("deep objects", "event/x", f'{{"data":{{"a":{deep(chr(123) + chr(34) + "a" + chr(34) + ":")}}}}}')  # fmt: skip
    yield _message("NaN in its data", "event/x", '{"data":{"a":NaN}}')
    yield _message("an endless number in its data", "event/x", '{"data":{"a":1e999}}')
    yield _message("a number of 4,000 digits", "event/x", f'{{"data":{{"a":{"9" * 4000}}}}}')
    yield _message("a number of 9,000 digits", "event/x", f'{{"data":{{"a":{"9" * 9000}}}}}')
    yield _message("200,000 names", "event/x",
                   json.dumps({"data": {str(number): 1 for number in range(200_000)}}))  # fmt: skip
    yield _message("a megabyte of text", "event/x", json.dumps({"data": {"a": "x" * 1_000_000}}))
    yield _message("a NUL in its data", "event/x", r'{"data":{"a":"\u0000"}}', becomes=IGNORED)
    yield _message("not UTF-8", "event/x", b'{"data":{"a":"\xff\xfe"}}')
    yield _message("UTF-16", "event/x", '{"data":{"a":"x"}}'.encode("utf-16"), becomes=IGNORED)
    yield _message("not JSON", "event/x", b"\x00\x01\x02")
    yield _message("an impossible type", "event/Not a type", "{}")
    for index, data in enumerate(({"service": {}}, {"id": {"a": 1}}, {"asked_by": [1]},
                                  {"reason": {"a": []}}, {"image_id": None})):  # fmt: skip
        body = json.dumps({"data": data})
        yield _message(f"odd data {index}", "event/command_called", body, becomes=TAKEN)


def _infos() -> Iterator[Message]:
    yield _message("a lone surrogate", "info", f'{{"version":"{SURROGATE}"}}')
    yield _message("a lone surrogate among the services", "info", f'{{"services":["{SURROGATE}"]}}')
    yield _message("a lone surrogate as a lamp", "info", f'{{"lights":{{"{SURROGATE}":true}}}}')
    yield _message("an endless number", "info", '{"interval":1e999}')
    yield _message("a number of 9,000 digits", "info", f'{{"spool_depth":{"9" * 9000}}}')
    yield _message(
        "a number of 400 digits", "info", f'{{"spool_depth":{"9" * 400}}}', becomes=IGNORED
    )
    yield _message("a broken live URL", "info", '{"live_url":"http://["}', becomes=IGNORED)
    yield _message("a live URL with a broken port", "info", '{"live_url":"http://127.0.0.1:99999999/"}',
                   becomes=IGNORED)  # fmt: skip
    yield _message("odd numbers", "info", '{"interval":-1e308,"quality":-5,"started_at":1e308}',
                   becomes=IGNORED)  # fmt: skip
    yield _message("deep", "info", f'{{"x":{deep()}}}')
    yield _message("not an object", "info", "[]")
    yield _message("neither online nor offline", "status", b"\xff")


def _images() -> Iterator[Message]:
    def picture(name: str, properties: dict[str, str], becomes: str = TOLD) -> Message:
        packet = Packet(b"lookout/esp32/image", numbered_jpeg(1, owner=name), users(properties))
        return Message(f"image: {name}", packet, becomes=becomes)

    yield picture("deep meta", {"meta": f'{{"a":{deep()}}}'})
    yield picture("deep meta, 250 levels", {"meta": f'{{"a":{deep(depth=250)}}}'})
    yield picture("deep meta of objects", {"meta": deep('{"a":')}, IGNORED)  # too long: left out
    yield picture("a lone surrogate in meta", {"meta": f'{{"a":"{SURROGATE}"}}'})
    yield picture("a lone surrogate as a name in meta", {"meta": f'{{"{SURROGATE}":1}}'})
    yield picture("NaN in meta", {"meta": '{"a":NaN}'})
    yield picture("an endless number in meta", {"meta": '{"exposure_us":1e999}'})
    yield picture("a number of 4,000 digits in meta", {"meta": f'{{"gain":{"9" * 4000}}}'}, IGNORED)
    yield picture("a number of 9,000 digits in meta", {"meta": f'{{"gain":{"9" * 9000}}}'}, IGNORED)
    yield picture("a tiny exposure", {"meta": '{"exposure_us":1e-320}'}, IGNORED)
    yield picture("odd boxes", {"meta": '{"people":1,"boxes":[[1e308,-1e308,0,NaN]]}'}, IGNORED)
    yield picture("a people count of 400 digits", {"meta": f'{{"people":{"9" * 400}}}'}, IGNORED)
    for name, value in {"lux": "NaN", "temperature": "inf", "width": "9" * 5000, "height": "1e999",
                        "timestamp": "1e308", "ttl": "9" * 400, "id": "esp32:" + "9" * 15,
                        "context_id": "x" * 65, "parent_id": "\u200f"}.items():  # fmt: skip
        # With a wrong time a picture is stored under the hub's.
        becomes = IGNORED if name in {"timestamp", "id"} else TOLD
        yield picture(f"{name} is {value[:12]!r}", {name: value}, becomes)
    for name, value in {"timestamp": "1700000000.0005", "id": "esp32:1700000000000"}.items():
        yield picture(f"{name} is {value}", {name: value}, TAKEN)
    for name in ("empty", "truncated", "PNG", "a page", "size 65535 x 65535", "only ends"):
        packet = Packet(b"lookout/esp32/image", pictures.odd()[name])
        becomes = IGNORED if name == "truncated" else TOLD  # it is stored as damaged
        yield Message(f"image: {name}", packet, becomes=becomes)
    yield Message(
        "image: of a node that cannot be", Packet(b"lookout/NO NODE/image", b"x"), "bridge"
    )


def _readings() -> Iterator[Message]:
    yield _message("a lone surrogate as a metric", "reading", f'{{"{SURROGATE}":1}}')
    yield _message("a lone surrogate as a value", "reading", f'{{"lux":"{SURROGATE}"}}')
    yield _message("NaN", "reading", '{"lux":NaN}')
    yield _message("an endless number", "reading", '{"lux":1e999}')
    yield _message("a time out of range", "reading", '{"timestamp":1e308,"lux":1}', becomes=IGNORED)
    yield _message("a negative time", "reading", '{"timestamp":-1,"lux":1}', becomes=IGNORED)
    yield _message("a number of 9,000 digits", "reading", f'{{"lux":{"9" * 9000}}}')
    yield _message("deep", "reading", f'{{"lux":{deep()}}}')
    yield _message("a metric called node", "reading", '{"node":1}', becomes=IGNORED)
    yield _message("100 metrics", "reading", json.dumps({f"m{n}": 1 for n in range(100)}))


def _commands() -> Iterator[Message]:
    def command(name: str, service: str, body: str | bytes, properties: bytes = b"",
                becomes: str = TOLD) -> Message:  # fmt: skip
        payload = body.encode() if isinstance(body, str) else body
        topic = f"lookout/garden/command/{service}".encode()
        return Message(f"command: {name}", Packet(topic, payload, properties), "homeassistant",
                       becomes)  # fmt: skip

    yield command("a lone surrogate as a number", "capture", f'{{"count":"{SURROGATE}"}}')
    yield command("a lone surrogate as an argument", "capture", f'{{"{SURROGATE}":1}}')
    yield command("a lone surrogate as asked_by", "identify", f'{{"asked_by":"{SURROGATE}"}}')
    yield command("a lone surrogate as a preset", "set", f'{{"preset":"{SURROGATE}"}}')
    yield command("a lone surrogate as a choice", "set", f'{{"exposure":"{SURROGATE}"}}')
    yield command("a lone surrogate for an unknown service", "nothing", f'{{"a":"{SURROGATE}"}}')
    yield command("a lone surrogate as id", "identify", f'{{"id":"{SURROGATE}"}}')
    yield command(
        "a lone surrogate as context", "identify", f'{{"context":{{"id":"{SURROGATE}"}}}}'
    )
    for name, value in {"at": "NaN", "ttl": "1e308", "id": "[]", "context": "7"}.items():
        becomes = IGNORED if name == "ttl" else TOLD
        yield command(f"{name} is {value}", "identify", f'{{"{name}":{value}}}', becomes=becomes)
    yield command("at is far away", "identify", '{"at":1e308}')
    yield command("at and ttl are huge", "identify", '{"at":1,"ttl":1e308}', becomes=IGNORED)
    yield command("deep", "capture", f'{{"count":{deep()}}}')
    yield command("deep, 250 levels", "capture", f'{{"count":{deep(depth=250)}}}')
    yield command("a number of 9,000 digits", "capture", f'{{"count":{"9" * 9000}}}')
    yield command("a number of 400 digits", "capture", f'{{"count":{"9" * 400}}}')
    yield command("NaN", "set", '{"interval":NaN}')
    yield command("nothing but bytes", "capture", bytes(range(256)))
    yield command("an impossible name", "Not a name", "{}", becomes=IGNORED)
    yield command("a response topic of the broker", "identify", "{}",
                  response_topic(b"$SYS/broker/x"), IGNORED)  # fmt: skip
    yield command("a response topic with a wildcard", "identify", "{}",
                  response_topic("lookout/hub/reply/\u2028".encode()), IGNORED)  # fmt: skip
    yield command("an odd correlation", "identify", "{}",
                  response_topic(b"lookout/hub/reply/x") + correlation(b"\xff" * 60_000),
                  IGNORED)  # fmt: skip
    yield command("asked_by as a property", "identify", "{}", user(b"asked_by", b"x" * 60_000))
    yield command("context as a property", "identify", "{}", user(b"context_id", b"not an id!"))


def _of_the_hub() -> Iterator[Message]:
    def hub(name: str, topic: str, body: str | bytes, *, retain: bool = False) -> Message:
        payload = body.encode() if isinstance(body, str) else body
        return Message(name, Packet(topic.encode(), payload, retain=retain), "hub", IGNORED)

    stored = "lookout/garden/stored"
    yield hub("receipt: a lone surrogate", stored, f'{{"ids":["{SURROGATE}"]}}')
    yield hub("receipt: a lone surrogate as reason", stored,
              f'{{"rejected":[{{"id":"garden:1","reason":"{SURROGATE}"}}]}}')  # fmt: skip
    yield hub("receipt: odd ids", stored, '{"ids":["garden:","garden:1e5","garden:²","GARDEN:1"]}')
    yield hub("receipt: an endless time", stored, '{"ids":["garden:1"],"time":1e999}')
    yield hub("receipt: a huge time", stored, '{"ids":["garden:1"],"time":1e308}')
    yield hub("receipt: deep", stored, deep())
    yield hub("receipt: a number of 9,000 digits", stored, f'{{"time":{"9" * 9000}}}')
    yield hub("hub: odd services", "lookout/hub/\u2028/status", "online", retain=True)
    yield hub("result: a lone surrogate", "lookout/garden/result/x",
              f'{{"ok":true,"service":"{SURROGATE}","node":"garden"}}')  # fmt: skip
    yield hub("result: deep", "lookout/garden/result/x", deep())
    yield hub("hub device: noise", "homeassistant/device/lookout_hub/config", b"\xff", retain=True)
    yield hub("home assistant: noise", "homeassistant/status", b"\xff\x00")
    yield hub(
        "detection: a lone surrogate", "lookout/garden/detection", f'{{"image_id":"{SURROGATE}"}}'
    )


def _properties() -> Iterator[Message]:
    """MQTT 5 lets U+FEFF pass; the library that reads it for us may not."""
    odd = {
        "name": user(BOM, b"x"),
        "value": user(b"lux", BOM),
        "response topic": response_topic(BOM),
    }
    for name, properties in odd.items():
        for kind, payload in (("image", numbered_jpeg(2)), ("event/x", b"{}"), ("info", b"{}"),
                              ("reading", b"{}")):  # fmt: skip
            packet = Packet(f"lookout/esp32/{kind}".encode(), payload, properties)
            yield Message(f"{kind.partition('/')[0]}: U+FEFF in a property's {name}", packet,
                          becomes=IGNORED)  # fmt: skip
        packet = Packet(b"lookout/garden/command/identify", b"{}", properties)
        yield Message(f"command: U+FEFF in a property's {name}", packet, "homeassistant", IGNORED)
