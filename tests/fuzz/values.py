"""Values that break parsers, as JSON text and as words of a URL."""

import json
from random import Random
from typing import Any, Final

# As they stand in JSON, where Python's own writer would not write some of them.
ODD_JSON: Final = (
    r'"\ud800"', r'"\udfff\ud800"', '"\\u0000"', '"\\ufeff"', '""', '" "', '"\u202e\u200f"', '"\U0001f4a9"',
    "1e400", "-1e400", "1e308", "-1e308", "1e-320", "-0", "-0.0", "NaN", "Infinity", "-Infinity",
    "9" * 400, "-" + "9" * 400, "9" * 9000, "1." + "0" * 400 + "1", "9007199254740993", "2147483648",
    "-1", "0", "1", "0.1", "true", "false", "null", "[]", "{}", "[[]]", "[null]", '{"a":{"b":[]}}',
    "[" * 300 + "]" * 300, "[" * 3000 + "]" * 3000, '{"a":' * 300 + "1" + "}" * 300,
    '"' + "x" * 5000 + '"', '"1"', '"1e400"', '"nan"', '"inf"', '"-1"', '"0x10"', '"1_000"', '"\u0661"',
    '"0001-01-01T00:00:00"', '"9999-12-31T23:59:59-14:00"', '"2026-01-01"', '"24:00"',
    '"1969-12-31T23:59:59Z"', "253402300800", "-62135596801", "1e11", "1e15", '"all"', '"hub"',
    '"garden:1"', '"esp32:' + "9" * 15 + '"', '"../../x"', '"<b>"', '"{x}"', '"%s%n"', '"\\n\\r"',
    '"http://["', '"http://127.0.0.1:99999999/"', '"http://127.0.0.1:1/"', '"javascript:x"',
    '"@{}|*()-"', '"__class__"', '["a","a"]', "[1e308,1e308]", "[0,0]", "[1,2,3]", "[-1,-1]",
)  # fmt: skip
ODD_WORDS: Final = (
    b"", b" ", b"%00", b"%ED%A0%80", b"%FF", b"\xff", b"%EF%BB%BF", b"%E2%80%AE", b"%0d%0aX:y", b"%",
    b"%%", b"nan", b"inf", b"-inf", b"1e308", b"1e400", b"-1", b"0", b"-0", b"9" * 400, b"9" * 5000,
    b"1_000", b"%D9%A1", b"0x10", b"1e-320", b"..", b"1..", b"..1", b"1..2..3", b"nan..nan", b"5..1",
    b"0s", b"1s", b"999999999999d", b"9" * 400 + b"w", b"2h", b"0001-01-01", b"9999-12-31T23:59:59",
    b"2026-01-01T00:00:00%2B14:00", b"253402300800", b"99999999999", b"true", b"maybe", b"*", b"@a:{b}",
    b"|", b"-", b"%22", b"'", b"\\", b"%5C", b"a" * 300, b"a," * 300, b"..%2F..", b"all", b"hub",
    b"garden:1", b"garden:%D9%A1", b"garden:" + b"9" * 15, b"W10", b"W05hTiwieCJd", b"%3Cscript%3E",
)  # fmt: skip
_MARK: Final = "\N{REPLACEMENT CHARACTER}odd"


class Odd:
    """Stands for a piece of JSON that is written as it is."""

    def __init__(self, text: str) -> None:
        self.text = text


def dumps(tree: Any) -> bytes:
    """JSON, with what is odd put in as it stands."""
    found: list[str] = []

    def default(value: object) -> str:
        assert isinstance(value, Odd)
        found.append(value.text)
        return _MARK

    first, *rest = json.dumps(tree, default=default).split(json.dumps(_MARK))
    return (first + "".join(odd + part for odd, part in zip(found, rest, strict=True))).encode(
        errors="surrogatepass"
    )


def odd(random: Random) -> Odd:
    """Any odd value."""
    return Odd(random.choice(ODD_JSON))


def noise(random: Random, longest: int = 200) -> bytes:
    """Random bytes, short ones more often."""
    return random.randbytes(int(longest * random.random() ** 3))


def tree(random: Random, depth: int = 3) -> Any:
    """Random JSON with odd leaves."""
    kind = random.random()
    if depth == 0 or kind < 0.4:
        return odd(random)
    if kind < 0.7:
        return [tree(random, depth - 1) for _ in range(random.randrange(4))]
    return {name(random): tree(random, depth - 1) for _ in range(random.randrange(4))}


def name(random: Random) -> str:
    """A name in JSON: one of the contract's, or anything."""
    return random.choice((
        "id", "data", "at", "ttl", "context", "event_type", "time_fired", "count", "timestamp", "lux",
        "meta", "ok", "ids", "", "\ud800", "\x00", "a" * 300, "__proto__", "\u0661", "x.y", "$",
    ))  # fmt: skip
