"""Valid things, changed a little."""

import copy
from random import Random
from typing import Any

from tests.fuzz import values

SPLICES = (b"\xff", b"\x00", b'"', b"[", b"{", b"}", b"\\ud800", b"NaN", b"9" * 400, b"\xed\xa0\x80",
           b"\xff\xd9", b"\xff\xd8", b":", b",", b"\xef\xbb\xbf")  # fmt: skip


def body(random: Random, valid: Any) -> bytes:
    """A JSON object with one to three changes: in what it says, or in its bytes."""
    changed = copy.deepcopy(valid)
    for _ in range(random.randint(1, 3)):
        changed = _changed(random, changed)
    encoded = values.dumps(changed)
    return raw(random, encoded) if random.random() < 0.2 else encoded


def _changed(random: Random, tree: Any) -> Any:
    """The same tree with something else somewhere."""
    if isinstance(tree, dict) and tree and random.random() < 0.9:
        key = random.choice(list(tree))
        match random.randrange(5):
            case 0:
                return {**tree, values.name(random): values.odd(random)}
            case 1:
                return {each: value for each, value in tree.items() if each != key}
            case _:
                return {**tree, key: _changed(random, tree[key])}
    if isinstance(tree, list) and tree and random.random() < 0.7:
        at = random.randrange(len(tree))
        return [*tree[:at], _changed(random, tree[at]), *tree[at + 1 :]]
    return values.odd(random) if random.random() < 0.8 else values.tree(random)


def raw(random: Random, data: bytes) -> bytes:
    """Bytes with a few of them changed, left out, doubled or put in."""
    out = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(out) + 1)
        match random.randrange(5):
            case 0 if out:
                out[min(at, len(out) - 1)] ^= 1 << random.randrange(8)
            case 1:
                del out[at : at + random.randrange(1, 20)]
            case 2:
                out[at:at] = out[at : at + random.randrange(1, 50)]
            case 3:
                out[at:at] = random.choice(SPLICES)
            case _:
                out[at:] = out[at:] if random.random() < 0.8 else b""
    return bytes(out)


def words(random: Random, pairs: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Names and values, such as a query's or properties, with one to three changes."""
    changed = list(pairs)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(changed) + 1)
        key, value = changed[at] if at < len(changed) else (b"x", b"1")
        match random.randrange(5):
            case 0:
                changed.insert(at, (key, random.choice(values.ODD_WORDS)))
            case 1 if at < len(changed):
                del changed[at]
            case 2 if at < len(changed):
                changed[at] = (raw(random, key)[:60], value)
            case 3 if at < len(changed):
                changed[at] = (key, raw(random, value)[:6000])
            case _:
                changed[at : at + 1] = [(key, random.choice(values.ODD_WORDS))]
    return changed
