"""Requests to every address of the gallery: half of them noise, half valid ones that were changed."""

import base64
import json
import re
from random import Random
from typing import Any, Final

from services.gallery.api.query import Parameters
from services.gallery.routes import API, PAGES, Endpoint
from tests.fuzz import mutate, values
from tests.fuzz.attacks_mqtt import SERVICES
from tests.fuzz.good import BEARER
from tests.fuzz.system import CAMERAS, SECRET
from tests.fuzz.web import Request

ENDPOINTS: Final = (*API, *PAGES)
CHEAP: Final = 0.8  # so many of a hundred requests are not for pages, which take ten times as long
EXAMPLES: Final = {
    "node": b"garden", "since": b"2h", "until": b"2026-06-01T12:00", "lux": b"100..120",
    "temperature": b"..5", "people": b"1..", "trigger": b"interval", "kept": b"true", "context": b"x-1",
    "sort": b"-timestamp", "limit": b"5", "event_type": b"node_online", "q": b"garden", "metric": b"lux",
    "bucket": b"1h", "width": b"160", "download": b"1", "timeout": b"0.2",
    "cursor": base64.urlsafe_b64encode(b'[1.7e9,1.7e9,"garden:1"]').rstrip(b"="),
}  # fmt: skip
FORM: Final = b"application/x-www-form-urlencoded"
MULTIPART: Final = b"multipart/form-data; boundary=b"
BASIC: Final = (b"Authorization", b"Basic " + base64.b64encode(f"x:{SECRET}".encode()))
METHODS: Final = (b"GET", b"POST", b"DELETE", b"HEAD", b"PUT", b"OPTIONS", b"PATCH", b"TRACE", b"X",
                  b"PROPFIND")  # fmt: skip
HEADERS: Final = (
    b"Authorization", b"Cookie", b"Host", b"Origin", b"Sec-Fetch-Site", b"Range", b"If-Range",
    b"If-None-Match", b"If-Modified-Since", b"Accept", b"Accept-Encoding", b"Content-Type",
    b"Content-Encoding", b"Content-Length", b"Transfer-Encoding", b"Expect", b"Upgrade",
    b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto", b"X-Forwarded-Prefix",
    b"X-Ingress-Path", b"X-Remote-User-Name", b"X-Odd", b"Connection",
)  # fmt: skip
ODD_HEADERS: Final = (
    b"", b"\xff", b"\xed\xa0\x80", b"[", b"http://[", b"a,b;c=d", b'"', b"=", b"bytes=1-", b"bytes=-1",
    b"bytes=5-1", b"bytes=99999-", b"bytes=" + b"9" * 400 + b"-", b"*", b'"x"', b"W/", b"gzip", b"br",
    b"Bearer \xff", b"Bearer", b"Basic \xff", b"Basic " + base64.b64encode(b"\xff:\xff"), b"x" * 3000,
    b"/x", b"/../..", b"//", b"[::1]:x", b"1.2.3.4:99999999", b"https", b"lookout=\xff.x.y", b"-1",
    b"cross-site", b"same-origin", b"null", b"chunked, x", b"100-continue", b"%00",
    FORM + b"; charset=bogus", FORM + b"; charset=utf-16", MULTIPART, b"multipart/form-data", b"text",
    b"close", b"\xc3\xa9", b"a:b:c", b"localhost:99999999", b"evil.example", b"nan", b"9" * 400,
)  # fmt: skip
FORM_BODY: Final = b"password=wrong&next=%2Fnodes"
MULTIPART_BODY: Final = (b'--b\r\nContent-Disposition: form-data; name="password"\r\n'
                         b"Content-Type: text/plain; charset=utf-8\r\n\r\nwrong\r\n--b--\r\n")  # fmt: skip


def request(random: Random, images: list[str], *, signed_in: bool) -> Request:
    """Something to ask, of images that are there."""
    door = (random.choice((BEARER, BASIC)),) if signed_in else ()
    if random.random() < 0.5:
        return _noise(random, door)
    endpoint = random.choice(API if random.random() < CHEAP else ENDPOINTS)
    method, headers = endpoint.method.encode(), list(door)
    target = _target(random, endpoint, images)
    body = b""
    if endpoint.path == "/login" and endpoint.method == "POST":
        kind, body = _form(random)
        headers.append((b"Content-Type", kind))
    elif endpoint.body:
        body = _command(random)
    if random.random() < 0.3:
        headers.append((random.choice(HEADERS), random.choice(ODD_HEADERS)))
    return Request(method, target, tuple(headers), body)


def _target(random: Random, endpoint: Endpoint, images: list[str]) -> bytes:
    known = {"id": random.choice(images), "node": random.choice((*CAMERAS, "all", "esp32")),
             "service": random.choice(SERVICES)}  # fmt: skip
    path = re.sub(r"{(\w+)}", lambda found: known[found[1]], endpoint.path).encode()
    if random.random() < 0.3:
        path = _line(mutate.raw(random, path))
    pairs = _query(random, endpoint.takes)
    if random.random() < 0.8 or not pairs:
        pairs = mutate.words(random, pairs)
    if endpoint.body and random.random() < 0.9:  # so that few wait for a node for long
        pairs = [pair for pair in pairs if pair[0] != b"timeout"] + [(b"timeout", b"0.3")]
    query = b"&".join(key + b"=" + value for key, value in pairs)
    return path + (b"?" + _line(query) if query and random.random() < 0.8 else b"")


def _query(random: Random, takes: type[Parameters] | None) -> list[tuple[bytes, bytes]]:
    names = list(takes.model_fields) if takes else list(EXAMPLES)
    needed = [name for name in names if takes and takes.model_fields[name].is_required()]
    chosen = {*needed, *random.sample(names, min(len(names), random.randrange(4)))}
    return [(name.encode(), EXAMPLES.get(name, b"1")) for name in sorted(chosen)]


def _command(random: Random) -> bytes:
    valid: dict[str, Any] = {"count": 1, "interval": 2, "on": False, "seconds": 0.1, "ttl": 5,
                             "id": "fuzz-1", "asked_by": "person.x"}  # fmt: skip
    valid = dict(random.sample(list(valid.items()), 2))
    return json.dumps(valid).encode() if random.random() < 0.1 else mutate.body(random, valid)


def _form(random: Random) -> tuple[bytes, bytes]:
    kind, body = random.choice(((FORM, FORM_BODY), (MULTIPART, MULTIPART_BODY)))
    if random.random() < 0.3:
        kind = random.choice(ODD_HEADERS)
    return kind, mutate.raw(random, body)


def _noise(random: Random, door: tuple[tuple[bytes, bytes], ...]) -> Request:
    """An address that may be one of ours, and anything else of any kind."""
    start = random.choice((b"/", b"/api/", b"/api/images/", b"/api/nodes/", b"/nodes/", b"/images/",
                           b"/static/", b"/api/readings", b"/api/events", b"/login", b""))  # fmt: skip
    target = _line(start + values.noise(random, 60))
    if random.random() < 0.5:
        target += b"?" + _line(random.choice(values.ODD_WORDS) + values.noise(random, 60))
    method = random.choice(METHODS) if random.random() < 0.4 else b"GET"
    headers = [
        (random.choice(HEADERS), random.choice(ODD_HEADERS)) for _ in range(random.randrange(3))
    ]
    return Request(method, target or b"/", (*door, *headers), values.noise(random, 400))


def _line(text: bytes) -> bytes:
    """What can stand in a request's first line: spaces and line ends would end it."""
    return re.sub(rb"[\x00-\x20]", b"", text)
