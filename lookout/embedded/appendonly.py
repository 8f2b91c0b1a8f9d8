"""Reads a Redis append-only file and finds what is damaged in it, without a Redis.

The file is the commands themselves, in the form in which clients send them (Redis' documentation,
"Redis serialization protocol"), between MULTI and EXEC where they belong together, with lines
`#TS:...` where times are noted. There are no check sums: what is wrong inside a value is not seen,
here or by Redis.
"""

import mmap
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

Bytes = bytes | mmap.mmap

MOST_WORDS: Final = 1024 * 1024  # of one command; Redis takes no more either
MOST_BYTES: Final = 512 * 1024 * 1024  # of one word, `proto-max-bulk-len`
_HEAD: Final = 64  # bytes that hold any count or length with its line's end
_COUNT: Final = re.compile(rb"\*([0-9]{1,10})\r\n")
_LENGTH: Final = re.compile(rb"\$([0-9]{1,10})\r\n")
_NOTE: Final = re.compile(rb"#[^\r\n]{0,1024}\r\n")
_MULTI: Final = b"*1\r\n$5\r\nMULTI\r\n"
_NEXT: Final = re.compile(rb"\*[0-9]{1,7}\r\n\$[0-9]{1,2}\r\n")

# What writes, of Redis 8 and Valkey 9 with their modules; a file holds nothing else.
COMMANDS: Final = frozenset(
    b"""
    append bitfield bitop copy decr decrby del delifeq discard eval evalsha exec expire expireat
    fcall flushall flushdb function geoadd georadius georadiusbymember geosearchstore getdel
    getex getset hdel hexpire hexpireat hgetdel hgetex hincrby hincrbyfloat hmset hpersist
    hpexpire hpexpireat hset hsetex hsetnx incr incrby incrbyfloat linsert lmove lmpop lpop
    lpush lpushx lrem lset ltrim migrate move mset msetex msetnx multi persist pexpire pexpireat
    pfadd pfcount pfdebug pfmerge ping psetex publish rename renamenx restore restore-asking
    rpop rpoplpush rpush rpushx sadd script sdiffstore select set setbit setex setnx setrange
    sinterstore smove sort spop spublish srem sunionstore swapdb unlink xack xackdel xadd
    xautoclaim xcfgset xclaim xdel xdelex xgroup xreadgroup xsetid xtrim zadd zdiffstore zincrby
    zinterstore zmpop zpopmax zpopmin zrangestore zrem zremrangebylex zremrangebyrank
    zremrangebyscore zunionstore bzpopmax bzpopmin bzmpop blmove blmpop blpop brpop brpoplpush
    ft.create ft.alter ft.drop ft.dropindex ft.aliasadd ft.aliasdel ft.aliasupdate ft.dictadd
    ft.dictdel ft.synupdate ft.synadd ft.sugadd ft.sugdel ft.config _ft.config _ft.create
    ft._createifnx ft._alterifnx ft._dropifx ft._dropindexifx ft._aliasaddifnx ft._aliasdelifx
    _ft._createifnx _ft._alterifnx _ft._dropindexifx _ft._aliasaddifnx _ft._aliasdelifx
    _ft.alter _ft.dropindex _ft.aliasadd _ft.aliasdel _ft.aliasupdate _ft.dictadd _ft.dictdel
    ts.create ts.alter ts.add ts.madd ts.incrby ts.decrby ts.createrule ts.deleterule ts.del
    """.split()
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a file from `start` up to `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Command:
    """One command: where it ends and its name in small letters; `name` is empty for a note."""

    end: int
    name: bytes


class _Cut(Exception):
    """The file ends within a command."""


class _Bad(Exception):
    """These bytes are no command."""


def damage(path: Path) -> list[Stretch]:
    """What is no whole command or transaction, in order; empty when all is well.

    A file that merely ends too early, as Redis repairs itself, is damaged in its last stretch.
    Raises OSError.
    """
    if not path.stat().st_size:
        return []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return list(damage_in(data))


def damage_in(data: Bytes) -> Iterator[Stretch]:
    """The same of what is at hand."""
    at, size = 0, len(data)
    while at < size:
        try:
            at = _unit(data, at)
        except (_Bad, _Cut):
            end = _resume(data, at)
            yield Stretch(at, end)
            at = end


def _unit(data: Bytes, at: int) -> int:
    """Where the command, note or transaction that begins here ends. Raises _Bad or _Cut."""
    command = _command(data, at)
    if command.name == b"exec":
        raise _Bad
    if command.name != b"multi":
        return command.end
    while True:
        command = _command(data, command.end)
        if command.name == b"multi":
            raise _Bad
        if command.name == b"exec":
            return command.end


def _resume(data: Bytes, start: int) -> int:
    """From where on after a damage there are whole units again.

    The rest of a torn transaction goes with it: without its beginning or end it would store an
    image that never expires, or tell of one that is not there.
    """
    torn = data[start : start + len(_MULTI)] == _MULTI
    at = start
    while (found := _NEXT.search(data, at + 1)) is not None:
        at = found.start()
        here, name = at, b""
        try:
            while here < len(data) and name not in {b"multi", b"exec"}:
                at = here
                here, name = astuple(_command(data, here))
        except _Bad:
            continue  # from where it is bad
        except _Cut:
            break
        if name == b"exec":
            return here
        if name == b"multi":
            return found.start()
        return len(data) if torn else found.start()
    return len(data)


def _command(data: Bytes, at: int) -> _Command:
    """The command or note that begins here. Raises _Bad or _Cut."""
    if data[at : at + 1] == b"#":
        return _Command(_note(data, at), b"")
    words, at = _number(_COUNT, data, at)
    if not 1 <= words <= MOST_WORDS:
        raise _Bad
    start, at = _word(data, at)
    name = data[start : at - 2].lower()
    if name not in COMMANDS:
        raise _Bad
    for _ in range(words - 1):
        _, at = _word(data, at)
    return _Command(at, name)


def _word(data: Bytes, at: int) -> tuple[int, int]:
    """Where the word that begins here has its bytes, and where the next one begins."""
    length, start = _number(_LENGTH, data, at)
    if length > MOST_BYTES:
        raise _Bad
    end = start + length + 2
    if end > len(data):
        raise _Cut
    if data[end - 2 : end] != b"\r\n":
        raise _Bad
    return start, end


def _note(data: Bytes, at: int) -> int:
    found = _NOTE.match(data, at)
    if found is None:
        raise _Cut if len(data) - at < _HEAD else _Bad
    return found.end()


def _number(pattern: re.Pattern[bytes], data: Bytes, at: int) -> tuple[int, int]:
    """A count or a length, and where what it counts begins."""
    if found := pattern.match(data, at):
        return int(found[1]), found.end()
    head = data[at : at + _HEAD]
    raise _Cut if at + len(head) >= len(data) and _begins(pattern, head) else _Bad


def _begins(pattern: re.Pattern[bytes], head: bytes) -> bool:
    """Whether these are the first bytes of a count or length that the file's end cut off."""
    return not head or any(pattern.match(head + rest) for rest in (b"\n", b"\r\n", b"1\r\n"))
