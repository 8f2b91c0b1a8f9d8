"""Commands as they go to Redis: long values as they stand, all that is short in one piece.

redis-py joins what it has so far with every argument: 50 microseconds for the hash of an image,
here 17. The format is RESP (redis.io/docs/latest/develop/reference/protocol-spec).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from redis.asyncio.connection import Connection

WORD: Final = 16  # characters: names of fields, which a list asks for of each of its pictures
LONG: Final = 6_000  # bytes; joining less costs less than one more buffer to write


@lru_cache(1024)
def _word(text: str) -> bytes:
    data = text.encode()
    return b"$%d\r\n%b\r\n" % (len(data), data)


class PackingConnection(Connection):
    """Over TCP without TLS, which costs more than this saves."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """One command."""
        return self.pack_commands([args])

    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        """Many commands, for one write."""
        encode: Any = self.encoder.encode
        buffers: list[bytes] = []
        short: list[bytes] = []
        for name, *rest in commands:
            words = name.encode().split() if isinstance(name, str) else name.split()
            short.append(b"*%d\r\n" % (len(words) + len(rest)))
            for each in (*words, *rest):
                kind = type(each)
                if kind is str and len(each) <= WORD:
                    short.append(_word(each))
                    continue
                data = each.encode() if kind is str else each if kind is bytes else encode(each)
                if (length := len(data)) > LONG:
                    short.append(b"$%d\r\n" % length)
                    buffers += (b"".join(short), data)
                    short = [b"\r\n"]
                else:
                    short.append(b"$%d\r\n%b\r\n" % (length, data))
        return [*buffers, b"".join(short)]
