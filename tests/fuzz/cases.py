"""Each known way to stop a service or to get a traceback out of it, by name."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.fuzz import pictures
from tests.fuzz.good import BEARER
from tests.fuzz.mqtt import Packet, correlation, response_topic, user, users
from tests.fuzz.web import Request
from tests.support.pictures import numbered_jpeg

SURROGATE = r"\ud800"  # half a character, as JSON can write it
BOM = "\ufeff".encode()
DEEP = 3_000
LOGIN_FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
TOLD, TAKEN, IGNORED = "told", "taken", "ignored"


@dataclass(frozen=True, slots=True)
class Message:
    """A case on the bus, sent as `user`.

    `TOLD`: it must be in the quarantine, or an event must say that it was refused. `TAKEN`: it is
    fine as it is. `IGNORED`: either, as long as all goes on.
    """

    name: str
    packet: Packet
    user: str = "esp32"
    becomes: str = TOLD


@dataclass(frozen=True, slots=True)
class Question:
    """A case over HTTP; it must be answered with one of `answers`."""

    name: str
    request: Request
    answers: tuple[int, ...] = (400,)
    open: bool = False  # to the gallery without a password
    needs: bytes = b""  # an image that must be there first
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


def deep(opening: str = "[", depth: int = DEEP) -> str:
    """JSON inside JSON."""
    closing = {"[": "]", '{"a":': "}"}[opening]
    return opening * depth + ("1" if opening != "[" else "") + closing * depth


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
    yield _message("a lone surrogate as origin", "event/x", f'{{"data":{{}},"origin":"{SURROGATE}"}}')
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
        yield _message(f"time {number}", "event/x", f'{{"data":{{}},"time_fired":{number}}}')
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
    yield _message("a number of 400 digits", "info", f'{{"spool_depth":{"9" * 400}}}', becomes=IGNORED)
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
    yield picture("deep meta of objects", {"meta": deep('{"a":')})
    yield picture("a lone surrogate in meta", {"meta": f'{{"a":"{SURROGATE}"}}'})
    yield picture("a lone surrogate as a name in meta", {"meta": f'{{"{SURROGATE}":1}}'})
    yield picture("NaN in meta", {"meta": '{"a":NaN}'})
    yield picture("an endless number in meta", {"meta": '{"exposure_us":1e999}'})
    yield picture("a number of 4,000 digits in meta", {"meta": f'{{"gain":{"9" * 4000}}}'}, IGNORED)
    yield picture("a number of 9,000 digits in meta", {"meta": f'{{"gain":{"9" * 9000}}}'})
    yield picture("a tiny exposure", {"meta": '{"exposure_us":1e-320}'}, IGNORED)
    yield picture("odd boxes", {"meta": '{"people":1,"boxes":[[1e308,-1e308,0,NaN]]}'}, IGNORED)
    yield picture("a people count of 400 digits", {"meta": f'{{"people":{"9" * 400}}}'}, IGNORED)
    for name, value in {"lux": "NaN", "temperature": "inf", "width": "9" * 5000, "height": "1e999",
                        "timestamp": "1e308", "ttl": "9" * 400, "id": "esp32:" + "9" * 15,
                        "context_id": "x" * 65, "parent_id": "\u200f"}.items():  # fmt: skip
        yield picture(f"{name} is {value[:12]!r}", {name: value})
    for name, value in {"timestamp": "1700000000.0005", "id": "esp32:1700000000000"}.items():
        yield picture(f"{name} is {value}", {name: value}, TAKEN)
    for name in ("empty", "truncated", "PNG", "a page", "size 65535 x 65535", "only ends"):
        packet = Packet(b"lookout/esp32/image", pictures.odd()[name])
        yield Message(f"image: {name}", packet)
    yield Message("image: of a node that cannot be", Packet(b"lookout/NO NODE/image", b"x"), "bridge")


def _readings() -> Iterator[Message]:
    yield _message("a lone surrogate as a metric", "reading", f'{{"{SURROGATE}":1}}')
    yield _message("a lone surrogate as a value", "reading", f'{{"lux":"{SURROGATE}"}}')
    yield _message("NaN", "reading", '{"lux":NaN}')
    yield _message("an endless number", "reading", '{"lux":1e999}')
    yield _message("a time out of range", "reading", '{"timestamp":1e308,"lux":1}')
    yield _message("a negative time", "reading", '{"timestamp":-1,"lux":1}')
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
    yield command("a lone surrogate as context", "identify", f'{{"context":{{"id":"{SURROGATE}"}}}}')
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
    yield hub("detection: a lone surrogate", "lookout/garden/detection", f'{{"image_id":"{SURROGATE}"}}')


def _properties() -> Iterator[Message]:
    """MQTT 5 lets U+FEFF pass; the library that reads it for us may not."""
    odd = {"name": user(BOM, b"x"), "value": user(b"lux", BOM), "response topic": response_topic(BOM)}
    for name, properties in odd.items():
        for kind, payload in (("image", numbered_jpeg(2)), ("event/x", b"{}"), ("info", b"{}"),
                              ("reading", b"{}")):  # fmt: skip
            packet = Packet(f"lookout/esp32/{kind}".encode(), payload, properties)
            yield Message(f"{kind.partition('/')[0]}: U+FEFF in a property's {name}", packet,
                          becomes=IGNORED)  # fmt: skip
        packet = Packet(b"lookout/garden/command/identify", b"{}", properties)
        yield Message(f"command: U+FEFF in a property's {name}", packet, "homeassistant", IGNORED)


def questions() -> Iterator[Question]:
    """All cases over HTTP."""
    yield from _commands_by_http()
    yield from _queries()
    yield from _logins()
    yield from _headers()
    yield from _pictures()


def _get(name: str, target: str | bytes, *answers: int, open_one: bool = False,
         headers: tuple[tuple[bytes, bytes], ...] = (BEARER,)) -> Question:  # fmt: skip
    raw = target.encode() if isinstance(target, str) else target
    return Question(name, Request(target=raw, headers=headers), answers or (400,), open_one)


def _commands_by_http() -> Iterator[Question]:
    def command(name: str, body: str, *answers: int, service: str = "capture") -> Question:
        target = f"/api/nodes/barn/commands/{service}?timeout=5".encode()
        request = Request(b"POST", target, (BEARER,), body.encode())
        return Question(f"command: {name}", request, answers or (400, 422))

    yield command("a lone surrogate as a number", f'{{"count":"{SURROGATE}"}}')
    yield command("a lone surrogate as a name", f'{{"{SURROGATE}":1}}')
    yield command("a lone surrogate as id", f'{{"id":"{SURROGATE}"}}')
    yield command("a lone surrogate as asked_by", f'{{"asked_by":"{SURROGATE}"}}')
    yield command("ttl is 1e308", '{"ttl":1e308}')
    yield command("ttl is 1e12", '{"ttl":1e12}', 200, 400, 422)
    yield command("ttl is 1e-300", '{"ttl":1e-300}', 200, 400, 409, 422)
    yield command("at is NaN", '{"at":NaN}')
    yield command("at is 1e308", '{"at":1e308}')
    yield command("deep", f'{{"count":{deep()}}}')
    yield command("deep, 250 levels", f'{{"count":{deep(depth=250)}}}')
    yield command("a number of 9,000 digits", f'{{"count":{"9" * 9000}}}')
    yield command("NaN", '{"count":NaN}')
    yield command("an endless number", '{"count":1e999}')
    yield command("a list", "[]")
    yield command("a lone surrogate for set", f'{{"preset":"{SURROGATE}"}}', service="set")
    yield command("a name that cannot be", "{}", service="%ED%A0%80")
    yield command("a name with a NUL", "{}", service="%00")
    for coding in (b"gzip", b"deflate", b"br", b"zstd"):
        headers = (BEARER, (b"Content-Encoding", coding))
        request = Request(b"POST", b"/api/nodes/barn/commands/identify", headers, b"not packed")
        yield Question(f"command: not {coding.decode()}", request, (400, 415))


def _queries() -> Iterator[Question]:
    def cursor(name: str, body: str | bytes) -> Iterator[Question]:
        raw = body.encode() if isinstance(body, str) else body
        text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        for path in ("/api/images", "/api/events", "/", "/events"):
            yield _get(f"cursor: {name} at {path}", f"{path}?cursor={text}")

    yield from cursor("deep", "[" * 6000)
    yield from cursor("NaN", '[NaN,"garden:1"]')
    yield from cursor("endless", '[1e999,"garden:1"]')
    yield from cursor("a number of 400 digits", f'[{"9" * 400},"garden:1"]')
    yield from cursor("a number of 9,000 digits", f'[{"9" * 9000},"garden:1"]')
    yield from cursor("a lone surrogate", f'[1,"{SURROGATE}"]')
    yield from cursor("another index' id", '[1,"@{}|*)("]')
    yield from cursor("not UTF-8", b"\xff\xfe")
    for number, text in enumerate(("%", "%ff", "\u20ac", "a", "=", "%00", "..")):
        yield _get(f"cursor: text {number}", f"/api/images?cursor={text}".encode())
    readings = "/api/readings?node=marker&metric=lux"
    yield _get("readings: since 0", f"{readings}&since=0", 400, 200)
    yield _get("readings: since 0 at a bucket of a day", f"{readings}&since=0&bucket=1d")
    for bucket in ("999999999999d", "1e308s", f"{'9' * 400}d", f"{'9' * 40}w", "0.0000001s",
                   f"0.{'0' * 400}1s"):  # fmt: skip
        yield _get(f"readings: bucket {bucket[:16]}", f"{readings}&bucket={bucket}")
    for moment in ("NaN", "inf", "-1", "1e308", f"{'9' * 40}w", f"{'9' * 400}", "9999-12-31T23:59:59",
                   "0001-01-01", "0001-01-01T00:00:00%2B14:00", "2026-01-01T00:00:00%2B99:99",
                   "%00", "%ED%A0%80", "\u0661"):  # fmt: skip
        for path in (f"{readings}&since=", "/api/images?since=", "/api/events?since=", "/?since=",
                     f"{readings}&until="):  # fmt: skip
            yield _get(f"time: {path}{moment[:16]}", path + moment, 400, 200)
    for span in ("NaN..1", "1..inf", f"{'9' * 400}..", "1e308..1e309", "..", "a..b", "1..2..3",
                 "-1e308..1e308", "%00..1"):  # fmt: skip
        for path in ("/api/images?lux=", "/?lux="):
            yield _get(f"range: {path}{span[:16]}", path + span, 400, 200)
    for text in ("%00", "%ED%A0%80", "%FF", "*", "@node:{x}", "-", "|", "\\", "'", '"', "a" * 300,
                 "%EF%BB%BF", "\u0130", "\u2460", "\u0e01" * 60, "_", "is the a of"):  # fmt: skip
        yield _get(f"words: {text[:10]}", f"/api/events?q={text}".encode(), 400, 200)
        yield _get(f"words: {text[:10]} on the page", f"/events?q={text}".encode(), 400, 200)
    for path in ("/api/images/%00", "/api/images/garden:%00", "/api/images/garden:\u0661",
                 "/api/images/%ED%A0%80:1", "/api/images/garden:" + "9" * 400,
                 "/images/garden:999999999999999", "/nodes/%00", "/nodes/%ED%A0%80",
                 "/api/nodes/%2e%2e", "/nodes/all", "/nodes/%ED%A0%80/live", "/static/%00",
                 "/static/../x", "/static/%ED%A0%80", "//", "/%", "/%ff", "/\xff"):  # fmt: skip
        yield _get(f"path: {path[:40]!r}", path.encode("latin-1", "ignore"), 400, 404)
    for number, text in enumerate((b"?", b"?&", b"?=", b"?%=%", b"?\xff=\xff", b"?node=%ED%A0%80",
                                   b"?limit=1e1", b"?limit=%D9%A1", b"?limit=" + b"9" * 5000,
                                   b"?kept=maybe", b"?" + b"node=a&" * 1500)):  # fmt: skip
        yield _get(f"query: {number}", b"/api/images" + text, 400, 200)
        yield _get(f"query: {number} on the page", b"/" + text, 400, 200, 303)
    many = "&".join(f"node=n{number}" for number in range(500))
    yield _get("query: 500 nodes", f"/api/images?{many}")
    yield _get("query: a width of 5,000 digits", "/api/images/garden:1/data?width=" + "9" * 5000)
    yield _get("query: a timeout of NaN", "/api/nodes/barn/commands/identify?timeout=nan", 400, 405)


def _logins() -> Iterator[Question]:
    def login(name: str, kind: bytes, body: bytes, *answers: int) -> Iterator[Question]:
        request = Request(b"POST", b"/login", ((b"Content-Type", kind),), body)
        for open_one in (False, True):
            where = " without a password" if open_one else ""
            yield Question(f"login: {name}{where}", request, answers or (400, 415), open_one)

    form = LOGIN_FORM[1]
    yield from login("an unknown charset", form + b"; charset=bogus", b"password=x")
    yield from login("a charset that is no text", form + b"; charset=base64", b"password=x")
    yield from login("a charset with a NUL", form + b"; charset=utf-8\x00", b"password=x")
    yield from login("a charset that makes surrogates", form + b"; charset=utf-7", b"password=+2AA-",
                     400, 401, 303)  # fmt: skip
    yield from login("not UTF-8", form, b"password=\xff\xfe")
    yield from login("not UTF-8, escaped", form, b"password=%ff%fe", 400, 401, 303)
    yield from login("a lone surrogate, escaped", form, b"password=%ED%A0%80", 400, 401, 303)
    yield from login("another UTF", form + b"; charset=utf-16", b"password=x")
    yield from login("next is broken", form, b"password=x&next=%00%0a%ED%A0%80", 400, 401, 303)
    yield from login("10,000 fields", form, b"a=b&" * 10_000, 400, 401, 303)
    yield from login("too large", form, b"password=" + b"x" * 100_000, 413, 400)
    many = b"multipart/form-data"
    yield from login("multipart without a boundary", many, b"x")
    yield from login("multipart with an empty boundary", many + b"; boundary=", b"x")
    yield from login("multipart with a long boundary", many + b"; boundary=" + b"x" * 100, b"x")
    many += b"; boundary=b"
    yield from login("multipart without parts", many, b"x")
    yield from login("multipart that is cut", many, b"--b\r\nContent-Disposition: form-data")
    yield from login("multipart with a broken header", many, b"--b\r\n\xff\xfe: x\r\n\r\nx\r\n--b--\r\n")
    yield from login("multipart without a name", many, b"--b\r\n\r\nx\r\n--b--\r\n", 400, 401, 303)
    head = b'--b\r\nContent-Disposition: form-data; name="password"'
    yield from login("multipart with an unknown charset", many,
                     head + b"\r\nContent-Type: text/plain; charset=bogus\r\n\r\nx\r\n--b--\r\n")  # fmt: skip
    yield from login("multipart not UTF-8", many, head + b"\r\n\r\n\xff\xfe\r\n--b--\r\n")
    yield from login("multipart with an unknown encoding", many,
                     head + b"\r\nContent-Transfer-Encoding: bogus\r\n\r\nx\r\n--b--\r\n")  # fmt: skip
    yield from login("multipart not base64", many,
                     head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff%\r\n--b--\r\n",
                     400, 401, 303)  # fmt: skip
    yield from login("multipart not gzip", many,
                     head + b"\r\nContent-Encoding: gzip\r\n\r\nx\r\n--b--\r\n")  # fmt: skip
    yield from login("multipart with a file", many,
                     head + b'; filename="a"\r\n\r\nx\r\n--b--\r\n', 400, 401, 303)  # fmt: skip
    yield from login("multipart in multipart", many,
                     head + b"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n"
                     b"--c--\r\n--b--\r\n")  # fmt: skip
    yield from login("JSON", b"application/json", b"{}", 400, 401, 303, 415)
    yield from login("a broken type", b"\xff/;;=;charset", b"password=x", 400, 401, 303, 415)
    packed = Request(b"POST", b"/login", (LOGIN_FORM, (b"Content-Encoding", b"gzip")), b"x")
    yield Question("login: not gzip", packed, (400, 415))


def _headers() -> Iterator[Question]:
    def header(name: str, value: bytes, *answers: int, method: bytes = b"GET",
               target: bytes = b"/api/images") -> Iterator[Question]:  # fmt: skip
        for open_one in (False, True):
            where = " without a password" if open_one else ""
            request = Request(method, target, ((name.encode(), value),))
            yield Question(f"header: {name} {value[:24]!r} {method.decode()}{where}", request,
                           (*(answers or (400, 401)), 200, 403, 303, 404), open_one)  # fmt: skip

    for value in (b"Bearer \xff\xfe", b"Bearer ", b"Basic \xff", b"Basic =", b"Basic /w==",
                  b"Basic " + base64.b64encode(b"\xed\xa0\x80:x"), b"\xff", b"Basic " + b"A" * 7000):  # fmt: skip
        yield from header("Authorization", value)
    for value in (b"lookout=\xff", b"lookout=viewer.\xff.\xff", b"\xff=\xff; lookout", b"=;=;,",
                  b"lookout=viewer." + b"9" * 5000 + b".x", b"lookout=viewer.__________8.x",
                  b'lookout="\\777"'):  # fmt: skip
        yield from header("Cookie", value)
    for value in (b"http://[", b"http://[::1", b"\xff", b"null", b"http://a:b:c", b"//[v1.]"):
        yield from header("Origin", value, method=b"POST", target=b"/login")
        yield from header("Origin", value, method=b"DELETE", target=b"/api/images/garden:1")
    for value in (b"[", b"[::1", b"\xff", b"", b"a:b:c", b"127.0.0.1:99999999", b"@", b"a b",
                  b"xn--\xff", b"127.0.0.1:0x", b"%00", b"[fe80::1%25]", b"localhost:"):  # fmt: skip
        yield from header("Host", value)
        yield from header("Host", value, target=b"/")
    for name, value in ((b"Range", b"bytes=\xff"), (b"Range", b"bytes=9999999999999999999999-"),
                        (b"Range", b"bytes=-" + b"9" * 5000), (b"Range", b"bytes=0-" + b"9" * 5000),
                        (b"If-None-Match", b"\xff"), (b"If-None-Match", b'"'),
                        (b"If-Range", b"\xff"), (b"Accept", b"\xff;q=x"),
                        (b"If-Modified-Since", b"9999999"), (b"Expect", b"nothing"),
                        (b"Transfer-Encoding", b"bogus"), (b"Content-Length", b"-1"),
                        (b"Content-Length", b"9" * 400), (b"Upgrade", b"h2c"),
                        (b"Sec-Fetch-Site", b"\xff")):  # fmt: skip
        yield from header(name.decode(), value, 400, 401, 417, 416, 206, 304)
    for name in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
                 "X-Ingress-Path", "X-Remote-User-Name"):  # fmt: skip
        for value in (b"\xff", b"[", b"", b"[::1]:x", b"\xed\xa0\x80", b"1.2.3.4:99999999",
                      b"fe80::1%eth0", b"/../\xff", b"//x", b"999.1.1.1", b"127.0.0.1:" + b"9" * 5000):  # fmt: skip
            yield from header(name, value, target=b"/")


def _pictures() -> Iterator[Question]:
    for name, data in pictures.odd().items():
        target = b"/api/images/{id}/data?width=160"
        answers = (200,)  # of those that are stored at all
        yield Question(f"thumbnail: {name}", Request(target=target, headers=(BEARER,)), answers,
                       needs=data)  # fmt: skip
