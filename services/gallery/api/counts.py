"""/api/images/counts: how many images of a search each hour, or each day of a zone, has."""

from collections import Counter
from datetime import datetime
from typing import Literal

from aiohttp import web
from pydantic import Field

from lookout.store import finding
from services.gallery import keys
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageFilter

HOUR = 3600  # seconds
QUARTER = 900  # in which the days of every zone begin


class CountParameters(ImageFilter):
    """Which images, and how finely they are counted."""

    by: Literal["hour", "day"] = Field("hour", description="hours are UTC's, days those of `tz`")


async def list_counts(request: web.Request) -> web.Response:
    """How many there are in each hour or day that has some, the oldest first, and in all."""
    wanted = parse(CountParameters, request.query)
    width = HOUR if wanted.by == "hour" else QUARTER
    found = await finding.histogram(request.app[keys.IMAGES], wanted.query(), wanted.context, width)
    if wanted.by == "day":
        days: Counter[float] = Counter()
        for at, count in found.items():
            moment = datetime.fromtimestamp(at, wanted.tz)
            days[moment.replace(hour=0, minute=0, second=0, fold=0).timestamp()] += count
        found = dict(days)
    counts = [{"timestamp": at, "count": found[at]} for at in sorted(found)]
    return web.json_response({"by": wanted.by, "counts": counts, "total": sum(found.values())})
