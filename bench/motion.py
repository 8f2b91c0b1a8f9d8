"""When the pictures of motions are taken: each motion of a film, its start picture's delay, and
which frames of the film the pictures before and after it show.

Two films: one drawn here, in which something moves for 0.3 s every 0.6 s, and one that is named.
"""

import asyncio
import math
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av
from PIL import Image, ImageDraw

from bench.nodes import running
from lookout.bus.session import Session
from lookout.contract.events import Event, parse_event
from lookout.contract.images import ImageMeta
from lookout.host.settings import Broker

SIZE: Final = (640, 480)
RATE: Final = 30  # frames a second of the drawn film
CYCLE: Final = 18  # frames: for half of them something moves
BEFORE, AFTER = 2, 2


@dataclass(slots=True)
class Heard:
    """What the node told."""

    starts: list[Event] = field(default_factory=list)
    ends: list[Event] = field(default_factory=list)
    images: dict[str, ImageMeta] = field(default_factory=dict)


async def measure(folder: Path, given: Namespace) -> dict[str, Any]:
    """A column for each film."""
    drawn = await asyncio.to_thread(_drawn, folder / "every-0.6-s.mp4", 300)
    rows = {"drawn": _judged(await _watched(folder / "drawn", drawn, RATE, given.seconds))}
    if given.film is not None:
        film = await _watched(folder / "film", given.film, given.film_rate, given.seconds)
        rows[given.film.name] = _judged(film)
    return rows


def _drawn(path: Path, frames: int) -> Path:
    """A square that goes and comes."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for number in range(frames):
            image = Image.new("RGB", SIZE, (90, 90, 90))
            moved = number // CYCLE * 9 + min(number % CYCLE, CYCLE // 2)
            x = moved * 40 % (SIZE[0] - 160)
            ImageDraw.Draw(image).rectangle((x, 120, x + 160, 360), fill="white")
            out.mux(stream.encode(av.VideoFrame.from_image(image)))  # type: ignore[no-untyped-call]
        out.mux(stream.encode(None))
    return path


async def _watched(folder: Path, film: Path, rate: float, seconds: float) -> Heard:
    heard = Heard()
    settings = {
        "CAMERA__SOURCE": "video",
        "CAMERA__PATH": str(film),
        "CAMERA__RATE": str(rate),
        "CAMERA__RESOLUTION": "640x480",
        "CAPTURE__INTERVAL": "5",
        "DETECT__RATE": "20",
        "DETECT__MOTION__ENABLED": "true",
        "DETECT__MOTION__MIN_MOTION_FRAMES": "2",
        "DETECT__MOTION__MIN_STILL_FRAMES": "2",
        "DETECT__MOTION__PICTURES__BEFORE": str(BEFORE),
        "DETECT__MOTION__PICTURES__BEFORE_INTERVAL": "0.2",
        "DETECT__MOTION__PICTURES__AFTER": str(AFTER),
        "DETECT__MOTION__PICTURES__AFTER_INTERVAL": "1",
    }
    async with (
        running(folder, **settings) as (_, broker),
        Session(Broker(url=broker.url("hub")), "bench-motion") as hub,
    ):
        listening = asyncio.create_task(_listen(hub, heard), name="listen")
        await asyncio.sleep(seconds)
        listening.cancel()
    return heard


async def _listen(hub: Session, heard: Heard) -> None:
    events = hub.subscribe("lookout/+/event/+")
    images = hub.subscribe("lookout/+/image")

    async def take_events() -> None:
        async for message in events:
            event = parse_event(message.payload, event_type=message.topic.rpartition("/")[2])
            if event.event_type == "motion_started":
                heard.starts.append(event)
            if event.event_type == "motion_ended":
                heard.ends.append(event)

    async with asyncio.TaskGroup() as group:
        group.create_task(take_events(), name="events")
        async for message in images:
            meta = ImageMeta.from_properties(message.properties)
            heard.images[meta.id or ""] = meta


def _judged(heard: Heard) -> dict[str, Any]:
    """The figures, and a line for each motion whose end was seen some time ago."""
    last = heard.ends[-1].timestamp - AFTER - 1 if heard.ends else 0.0
    lines, delays = [], []
    for start in (each for each in heard.starts if each.timestamp < last):
        end = next((e for e in heard.ends if e.context.parent_id == start.context.id), None)
        shown = _of(heard, start.context.id, "start")
        delay = min((meta.timestamp or 0.0) - start.timestamp for meta in shown) if shown else None
        delays.append(math.inf if delay is None else delay)
        before = [heard.images.get(str(each)) for each in _ids(start)]
        after = _of(heard, end.context.id, "after") if end else []
        lines.append(
            f"{_frame(shown[0]) if shown else '-':>5} "
            f"{'never' if delay is None else f'{delay * 1000:.0f} ms':>8}  "
            f"before {[_frame(meta) for meta in before]} "
            f"{start.data.get('before_missing', '')}  after {[_frame(meta) for meta in after]}"
        )
    delays.sort()
    full = [each for each in heard.starts if "before_missing" not in each.data]
    return {
        "motions": len(delays),
        "start p50 ms": _ms(delays, 0.5),
        "start p99 ms": _ms(delays, 0.99),
        "start worst ms": _ms(delays, 1.0),
        "never": sum(math.isinf(delay) for delay in delays),
        "before as asked or told why": sum(len(_ids(s)) == BEFORE for s in full) == len(full),
        "fewer before": len(heard.starts) - len(full),
        "each": "\n".join(lines),
    }


def _of(heard: Heard, cause: str, part: str) -> list[ImageMeta]:
    """The pictures that belong to an event, by themselves or beside another one."""
    found = []
    for image in heard.images.values():
        meta = image.meta or {}
        also = meta.get("motion_also")
        own = image.parent_id == cause and meta.get("motion") in {part, "start", "during"}
        if own or (isinstance(also, list) and cause in also):
            found.append(image)
    return sorted(found, key=lambda image: image.timestamp or 0.0)


def _ids(start: Event) -> list[Any]:
    ids = start.data.get("before")
    return ids if isinstance(ids, list) else []


def _frame(image: ImageMeta | None) -> Any:
    return (image.meta or {}).get("frame") if image else "not kept"


def _ms(delays: list[float], share: float) -> Any:
    if not delays:
        return None
    return round(delays[min(len(delays) - 1, math.ceil(share * len(delays)) - 1)] * 1000, 1)
