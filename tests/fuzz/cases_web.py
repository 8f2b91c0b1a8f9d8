"""Each known case over HTTP, by name."""

import base64
from collections.abc import Iterator

from tests.fuzz import pictures
from tests.fuzz.cases import SURROGATE, Question, deep
from tests.fuzz.good import BEARER
from tests.fuzz.web import Request


def questions() -> Iterator[Question]:
    """All cases over HTTP."""
    yield from _commands_by_http()
    yield from _cursors()
    yield from _amounts()
    yield from _texts()
    yield from _logins()
    yield from _secrets()
    yield from _origins()
    yield from _other_headers()
    yield from _proxies()
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


def _cursor(name: str, body: str | bytes) -> Iterator[Question]:
    raw = body.encode() if isinstance(body, str) else body
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    for path in ("/api/images", "/api/events", "/", "/events"):
        yield _get(f"cursor: {name} at {path}", f"{path}?cursor={text}")


def _cursors() -> Iterator[Question]:
    yield from _cursor("deep", "[" * 6000)
    yield from _cursor("NaN", '[NaN,1,"garden:1"]')
    yield from _cursor("endless", '[1e999,1,"garden:1"]')
    yield from _cursor("a number of 400 digits", f'[{"9" * 400},1,"garden:1"]')
    yield from _cursor("a number of 9,000 digits", f'[{"9" * 9000},1,"garden:1"]')
    yield from _cursor("a lone surrogate", f'[1,1,"{SURROGATE}"]')
    yield from _cursor("another index' id", '[1,1,"@{}|*)("]')
    yield from _cursor("not UTF-8", b"\xff\xfe")
    for number, text in enumerate(("%", "%ff", "\u20ac", "a", "=", "%00", "..")):
        yield _get(f"cursor: text {number}", f"/api/images?cursor={text}".encode())


READINGS = "/api/readings?node=marker&metric=lux"


def _amounts() -> Iterator[Question]:
    yield _get("readings: since 0", f"{READINGS}&since=0", 400, 200)
    yield _get("readings: since 0 at a bucket of a day", f"{READINGS}&since=0&bucket=1d")
    for bucket in ("999999999999d", "1e308s", f"{'9' * 400}d", f"{'9' * 40}w", "0.0000001s",
                   f"0.{'0' * 400}1s"):  # fmt: skip
        yield _get(f"readings: bucket {bucket[:16]}", f"{READINGS}&bucket={bucket}")
    for moment in ("NaN", "inf", "-1", "1e308", f"{'9' * 40}w", f"{'9' * 400}", "9999-12-31T23:59:59",
                   "0001-01-01", "0001-01-01T00:00:00%2B14:00", "2026-01-01T00:00:00%2B99:99",
                   "%00", "%ED%A0%80", "\u0661"):  # fmt: skip
        for path in (f"{READINGS}&since=", "/api/images?since=", "/api/events?since=", "/?since=",
                     f"{READINGS}&until="):  # fmt: skip
            yield _get(f"time: {path}{moment[:16]}", path + moment, 400, 200)
    for span in ("NaN..1", "1..inf", f"{'9' * 400}..", "1e308..1e309", "..", "a..b", "1..2..3",
                 "-1e308..1e308", "%00..1"):  # fmt: skip
        for path in ("/api/images?lux=", "/?lux="):
            yield _get(f"range: {path}{span[:16]}", path + span, 400, 200)


def _texts() -> Iterator[Question]:
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
    for number, query in enumerate((b"?", b"?&", b"?=", b"?%=%", b"?\xff=\xff", b"?node=%ED%A0%80",
                                   b"?limit=1e1", b"?limit=%D9%A1", b"?limit=" + b"9" * 5000,
                                   b"?kept=maybe", b"?" + b"node=a&" * 1500)):  # fmt: skip
        yield _get(f"query: {number}", b"/api/images" + query, 400, 200)
        yield _get(f"query: {number} on the page", b"/" + query, 400, 200, 303)
    many = "&".join(f"node=n{number}" for number in range(500))
    yield _get("query: 500 nodes", f"/api/images?{many}")
    yield _get("query: a width of 5,000 digits", "/api/images/garden:1/data?width=" + "9" * 5000)
    yield _get("query: a timeout of NaN", "/api/nodes/barn/commands/identify?timeout=nan", 400, 405)


FORM = b"application/x-www-form-urlencoded"
PARTS = b"multipart/form-data"
PARTS_B = PARTS + b"; boundary=b"
HEAD = b'--b\r\nContent-Disposition: form-data; name="password"'
TAIL = b"\r\n\r\nx\r\n--b--\r\n"
LOGINS = (
    ("an unknown charset", FORM + b"; charset=bogus", b"password=x"),
    ("a charset that is no text", FORM + b"; charset=base64", b"password=x"),
    ("a charset with a NUL", FORM + b"; charset=utf-8\x00", b"password=x"),
    ("a charset that makes surrogates", FORM + b"; charset=utf-7", b"password=+2AA-"),
    ("not UTF-8", FORM, b"password=\xff\xfe"),
    ("not UTF-8, escaped", FORM, b"password=%ff%fe"),
    ("a lone surrogate, escaped", FORM, b"password=%ED%A0%80"),
    ("another UTF", FORM + b"; charset=utf-16", b"password=x"),
    ("next is broken", FORM, b"password=x&next=%00%0a%ED%A0%80"),
    ("10,000 fields", FORM, b"a=b&" * 10_000),
    ("too large", FORM, b"password=" + b"x" * 100_000),
    ("JSON", b"application/json", b"{}"),
    ("a broken type", b"\xff/;;=;charset", b"password=x"),
    ("multipart without a boundary", PARTS, b"x"),
    ("multipart with an empty boundary", PARTS + b"; boundary=", b"x"),
    ("multipart with a long boundary", PARTS + b"; boundary=" + b"x" * 100, b"x"),
    ("multipart without parts", PARTS_B, b"x"),
    ("multipart that is cut", PARTS_B, HEAD[:20]),
    ("multipart with a broken header", PARTS_B, b"--b\r\n\xff\xfe: x" + TAIL),
    ("multipart without a name", PARTS_B, b"--b\r\n" + TAIL),
    ("multipart with an unknown charset", PARTS_B,
     HEAD + b"\r\nContent-Type: text/plain; charset=bogus" + TAIL),
    ("multipart not UTF-8", PARTS_B, HEAD + b"\r\n\r\n\xff\xfe\r\n--b--\r\n"),
    ("multipart with an unknown encoding", PARTS_B,
     HEAD + b"\r\nContent-Transfer-Encoding: bogus" + TAIL),
    ("multipart not base64", PARTS_B,
     HEAD + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff%\r\n--b--\r\n"),
    ("multipart not gzip", PARTS_B, HEAD + b"\r\nContent-Encoding: gzip" + TAIL),
    ("multipart with a file", PARTS_B, HEAD + b'; filename="a"' + TAIL),
    ("multipart in multipart", PARTS_B,
     HEAD + b"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c" + TAIL),
)  # fmt: skip


def _logins() -> Iterator[Question]:
    for name, kind, body in LOGINS:
        request = Request(b"POST", b"/login", ((b"Content-Type", kind),), body)
        for open_one in (False, True):
            where = " without a password" if open_one else ""
            yield Question(f"login: {name}{where}", request, (400, 401, 303, 413), open_one)
    headers = ((b"Content-Type", FORM), (b"Content-Encoding", b"gzip"))
    yield Question("login: not gzip", Request(b"POST", b"/login", headers, b"x"), (400, 401))


def _header(name: str, value: bytes, *answers: int, method: bytes = b"GET",
           target: bytes = b"/api/images") -> Iterator[Question]:  # fmt: skip
    for open_one in (False, True):
        where = " without a password" if open_one else ""
        request = Request(method, target, ((name.encode(), value),))
        yield Question(f"header: {name} {value[:24]!r} {method.decode()}{where}", request,
                       (*(answers or (400, 401)), 200, 403, 303, 404), open_one)  # fmt: skip


def _secrets() -> Iterator[Question]:
    for value in (b"Bearer \xff\xfe", b"Bearer ", b"Basic \xff", b"Basic =", b"Basic /w==",
                  b"Basic " + base64.b64encode(b"\xed\xa0\x80:x"), b"\xff", b"Basic " + b"A" * 7000):  # fmt: skip
        yield from _header("Authorization", value)
    for value in (b"lookout=\xff", b"lookout=viewer.\xff.\xff", b"\xff=\xff; lookout", b"=;=;,",
                  b"lookout=viewer." + b"9" * 5000 + b".x", b"lookout=viewer.__________8.x",
                  b'lookout="\\777"'):  # fmt: skip
        yield from _header("Cookie", value)


def _origins() -> Iterator[Question]:
    for value in (b"http://[", b"http://[::1", b"\xff", b"null", b"http://a:b:c", b"//[v1.]"):
        yield from _header("Origin", value, method=b"POST", target=b"/login")
        yield from _header("Origin", value, method=b"DELETE", target=b"/api/images/garden:1")
    for value in (b"[", b"[::1", b"\xff", b"", b"a:b:c", b"127.0.0.1:99999999", b"@", b"a b",
                  b"xn--\xff", b"127.0.0.1:0x", b"%00", b"[fe80::1%25]", b"localhost:"):  # fmt: skip
        yield from _header("Host", value)
        yield from _header("Host", value, target=b"/")


def _other_headers() -> Iterator[Question]:
    for field, value in ((b"Range", b"bytes=\xff"), (b"Range", b"bytes=9999999999999999999999-"),
                        (b"Range", b"bytes=-" + b"9" * 5000), (b"Range", b"bytes=0-" + b"9" * 5000),
                        (b"If-None-Match", b"\xff"), (b"If-None-Match", b'"'),
                        (b"If-Range", b"\xff"), (b"Accept", b"\xff;q=x"),
                        (b"If-Modified-Since", b"9999999"), (b"Expect", b"nothing"), (b"Expect", b"\xff"),
                        (b"Transfer-Encoding", b"bogus"), (b"Content-Length", b"-1"),
                        (b"Content-Length", b"9" * 400), (b"Upgrade", b"h2c"),
                        (b"Sec-Fetch-Site", b"\xff")):  # fmt: skip
        yield from _header(field.decode(), value, 400, 401, 417, 416, 206, 304)


def _proxies() -> Iterator[Question]:
    for name in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
                 "X-Ingress-Path", "X-Remote-User-Name"):  # fmt: skip
        for value in (b"\xff", b"[", b"", b"[::1]:x", b"\xed\xa0\x80", b"1.2.3.4:99999999",
                      b"fe80::1%eth0", b"/../\xff", b"//x", b"999.1.1.1", b"127.0.0.1:" + b"9" * 5000):  # fmt: skip
            yield from _header(name, value, target=b"/")


def _pictures() -> Iterator[Question]:
    for name, data in pictures.odd().items():
        target = b"/api/images/{id}/data?width=160"
        answers = (200,)  # of those that are stored at all
        yield Question(f"thumbnail: {name}", Request(target=target, headers=(BEARER,)), answers,
                       needs=data)  # fmt: skip
