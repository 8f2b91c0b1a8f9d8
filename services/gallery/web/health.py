"""/healthz: whether the gallery can do its work, for load balancers and people."""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

from lookout.host import progress
from lookout.store.errors import StoreError
from services.gallery import keys

PATIENCE: Final = 3.0  # seconds


async def healthz(request: web.Request) -> web.Response:
    """200 when Redis and the broker answer and our work goes on, else 503 with what does not."""
    redis, broker = await _redis_answers(request), request.app[keys.SESSION].is_connected
    stuck = sorted(progress.current().overdue())
    well = redis and broker and not stuck
    body = {
        "status": "ok" if well else "unavailable",
        "redis": _word(redis),
        "broker": _word(broker),
        "work": f"stands still: {', '.join(stuck)}" if stuck else "ok",
    }
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


async def _redis_answers(request: web.Request) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return bool(await request.app[keys.REDIS].ping())
    except (StoreError, TimeoutError):
        return False


def _word(well: bool) -> str:
    return "ok" if well else "away"
