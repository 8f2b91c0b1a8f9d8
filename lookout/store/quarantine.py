"""The quarantine: what was refused, whole, with its reason, until it is put back or makes room."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lookout.contract.plain import json_or_none
from lookout.store import keys
from lookout.store.client import Client

_TEXT: Final = 512  # characters of a topic or a reason
# The newest stay, within the bytes that Redis needs for all. KEYS: the stream. ARGV: entries and
# bytes at most, then the fields. In one step: two workers would else trim for each other.
_ADD: Final = """
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], '*', unpack(ARGV, 3))
local left = redis.call('XLEN', KEYS[1])
while left > 1 and redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0) > tonumber(ARGV[2]) do
    left = math.max(1, math.floor(left * 0.9))
    redis.call('XTRIM', KEYS[1], 'MAXLEN', left)
end
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that was refused. `data` is its payload, cut off where `size` says more."""

    entry: str
    topic: str
    reason: str
    received_at: float  # Unix seconds
    size: int
    data: bytes
    properties: Mapping[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether it can be put back."""
        return len(self.data) == self.size


async def add(
    client: Client,
    *,
    topic: str,
    reason: str,
    data: bytes,
    properties: Mapping[str, str],
    received_at: float,
    trace: str = "",
) -> None:
    """Keep a refused message, bounded in number and bytes; of a huge one only the beginning.

    `trace` is where our own code failed on it, if it did.
    """
    said = json.dumps(dict(properties))
    fields = {
        "topic": topic[:_TEXT].encode(errors="backslashreplace"),
        "reason": reason[:_TEXT].encode(errors="backslashreplace"),
        **({"trace": trace.encode(errors="backslashreplace")} if trace else {}),
        "received_at": f"{received_at:.3f}",
        "size": len(data),
        "data": data[: keys.REJECTED_BYTES],
        "properties": said if len(said) <= keys.REJECTED_PROPERTIES else "{}",
    }
    flat = [item for pair in fields.items() for item in pair]
    limits = (keys.REJECTED_STREAM_LENGTH, keys.REJECTED_TOTAL)
    await client.eval(_ADD, 1, keys.REJECTED_STREAM, *limits, *flat)


async def everything(client: Client) -> list[Refused]:
    """What lies there, the newest first."""
    entries = await client.xrevrange(keys.REJECTED_STREAM)
    return [_refused(entry.decode(), fields) for entry, fields in entries]


async def remove(client: Client, entry: str) -> bool:
    """Let one go; whether it was there."""
    return bool(await client.xdel(keys.REJECTED_STREAM, entry))


def _refused(entry: str, fields: Mapping[bytes, bytes]) -> Refused:
    data = fields.get(b"data", b"")
    return Refused(
        entry,
        fields.get(b"topic", b"").decode(errors="replace"),
        fields.get(b"reason", b"").decode(errors="replace"),
        float(fields.get(b"received_at", b"0")),
        int(fields.get(b"size", len(data))),
        data,
        _properties(fields.get(b"properties", b"{}")),
    )


def _properties(text: bytes) -> dict[str, str]:
    said = json_or_none(text)
    return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}
