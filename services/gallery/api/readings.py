"""/api/readings: one metric of one node over time, in buckets."""

import time
from http import HTTPStatus
from typing import Final

from aiohttp import web

from services.gallery import keys
from services.gallery.api.query import ReadingParameters, parse
from services.gallery.web.problems import Problem, bad_field

DAY: Final = 86_400.0  # seconds
USUAL_BUCKETS: Final = 200
MOST_BUCKETS: Final = 5_000
NARROWEST: Final = 0.001  # seconds


async def list_readings(request: web.Request) -> web.Response:
    """Average, least and most of each bucket that has readings, oldest first."""
    wanted = parse(ReadingParameters, request.query)
    until = time.time() if wanted.until is None else wanted.until
    since = until - DAY if wanted.since is None else wanted.since
    width = wanted.bucket or max(1.0, round((until - since) / USUAL_BUCKETS))
    _check(since, until, width)
    buckets = await request.app[keys.READINGS].buckets(
        wanted.node, wanted.metric, since=since, until=until, width=width
    )
    return web.json_response(
        {"node": wanted.node, "metric": wanted.metric, "bucket": width, "readings": buckets}
    )


def _check(since: float, until: float, width: float) -> None:
    if since >= until:
        raise Problem(HTTPStatus.BAD_REQUEST, "since must be before until")
    if width < NARROWEST:
        raise bad_field("bucket", f"{width:g}s", f"at least {NARROWEST} s")
    if (until - since) / width > MOST_BUCKETS:
        least = (until - since) / MOST_BUCKETS
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            f"bucket = {width:g} s: at least {least:.0f} s for so long a time "
            f"({MOST_BUCKETS} buckets at most)",
        )
