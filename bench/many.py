"""Very many images in Redis, as if a fleet had sent them for a week; their pictures are tiny."""

import random
import time
from collections.abc import Iterator
from typing import Any, Final

from lookout.store import keys
from lookout.store.client import Client

WEEK: Final = 7 * 86_400
NODES: Final = 8
RARE: Final = 60  # images of a trigger and of a context that are as many in every size
AT_ONCE: Final = 1_000
_EXPIRE: Final = WEEK + 86_400


async def fill(client: Client, count: int) -> None:
    """Write so many, evenly over the last week."""
    now = time.time()
    images = _images(count, now - WEEK, random.Random(count))
    for _ in range(0, count, AT_ONCE):
        async with client.pipeline(transaction=False) as pipe:
            for _, (identifier, fields) in zip(range(AT_ONCE), images, strict=False):
                pipe.hset(keys.image(identifier), mapping=fields)
                pipe.expire(keys.image(identifier), _EXPIRE)
            await pipe.execute()


def _images(count: int, start: float, source: random.Random) -> Iterator[tuple[str, Any]]:
    every = max(1, count // RARE)
    for number in range(count):
        at, node = start + number * WEEK / count, f"cam{number % NODES}"
        yield f"{node}:{round(at * 1000)}", _fields(number, at, node, every, source)


def _fields(number: int, at: float, node: str, every: int, source: random.Random) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "node": node,
        "timestamp": f"{at:.3f}",
        "received_at": f"{at + 0.2:.3f}",
        "mime_type": "image/jpeg",
        "lux": round(_daylight(at) * source.uniform(0.5, 1.5), 2),
        "temperature": round(source.gauss(15, 8), 1),
        "width": 1920,
        "height": 1080,
        "size": source.randrange(50_000, 200_000),
        "trigger": "motion" if source.random() < 0.15 else "interval",
        "context_id": f"{number:026d}",
        "image_data": b"\xff\xd8\xff",
    }
    if source.random() < 0.5:
        fields["people"] = int(source.expovariate(1.5))
    if source.random() < 0.08:
        fields["kept"] = "1"
    if number % every == every // 2:
        fields |= {"trigger": "gpio", "parent_id": "0" * 26}
    return fields


def _daylight(at: float) -> float:
    """Lux: 1 by night, 1,000 at noon."""
    return float(10 ** (3 * max(0.0, 1 - abs(at / 3600 % 24 - 12) / 6)))
