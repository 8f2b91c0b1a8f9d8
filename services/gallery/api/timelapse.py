"""/api/timelapse: pictures of a stretch of time, and films made of them."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import web
from multidict import MultiDict
from pydantic import AfterValidator, Field

from lookout.amounts.times import parse_zone
from lookout.contract.filters import ASKED, RANGED
from lookout.contract.wire import new_id
from services.gallery import keys
from services.gallery.api import bulk, serialize
from services.gallery.api.query import NoParameters, Parameters, parse
from services.gallery.api.searches import ImageFilter
from services.gallery.timelapse.frames import Frames, chosen
from services.gallery.timelapse.jobs import Film, TooManyFilms
from services.gallery.web.problems import Problem, not_found
from services.gallery.web.proxies import prefix_of

MOST: Final = 3_000  # pictures of a film: two minutes
Most = Annotated[int, Field(ge=2, le=MOST)]
Dark = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


def _zone(text: str) -> str:
    if text:
        parse_zone(text)
    return text


class FrameParameters(ImageFilter):
    """Which images, and how many of them."""

    most: Most = 240
    least_lux: Dark | None = Field(None, description="leaves out those known to be darker")


class FilmBody(Parameters):
    """What the film is of, and how it is to be."""

    filter: dict[str, str | list[str]] = Field(description="as of /api/images, as text")
    most: Most = Field(600, description="pictures, evenly chosen")
    least_lux: Dark | None = Field(None, description="leaves out pictures known to be darker")
    width: int = Field(1280, ge=160, le=1920, description="pixels")
    rate: int = Field(24, ge=1, le=60, description="pictures a second")
    stamp: bool = Field(True, description="write date and time into it")
    level: bool = Field(False, description="even out the light")
    tz: Annotated[str, AfterValidator(_zone)] = Field(
        "", description="the zone of what is written into it; default: the hub's"
    )


async def list_frames(request: web.Request) -> web.Response:
    """One image of each stretch of time, all equally long, the oldest first."""
    wanted = parse(FrameParameters, request.query)
    found = await frames(request.app, wanted, wanted.most, wanted.least_lux)
    images = [serialize.image(row, prefix_of(request)) for row in found.rows]
    return web.json_response({"images": images})


async def frames(
    app: web.Application, wanted: ImageFilter, most: int, least_lux: float | None
) -> Frames:
    """The pictures of a time-lapse. Raises a 400 Problem."""
    if wanted.context is not None:
        raise Problem(HTTPStatus.BAD_REQUEST, "a time-lapse is not of a context: leave it out")
    return await chosen(app[keys.IMAGES], wanted.query(), most, lux=least_lux)


async def of_film(app: web.Application, asked: dict[str, Any]) -> Any:
    """The rows of the pictures of a film that was asked for, as the hub has them now."""
    body = FilmBody.model_validate(asked)
    found = await frames(app, _filter(body), body.most, body.least_lux)
    return found.rows


async def make_film(request: web.Request) -> web.Response:
    """Have a film made: MP4, H.264. Its address tells how far it is."""
    parse(NoParameters, request.query)
    asked = await bulk.read_body(request, FilmBody)
    wanted = _filter(asked)
    if wanted.is_empty:
        raise Problem(HTTPStatus.BAD_REQUEST, "give a filter, such as a node and since")
    if wanted.context is not None:
        raise Problem(HTTPStatus.BAD_REQUEST, "a time-lapse is not of a context: leave it out")
    look = asked.model_dump(include={"width", "rate", "stamp", "level", "tz"})
    film = Film(new_id(), asked.model_dump() | {"filter": _fixed(wanted)}, look)
    try:
        request.app[keys.FILMS].add(film)
    except TooManyFilms as error:
        raise Problem(HTTPStatus.CONFLICT, str(error)) from None
    return web.json_response(_shown(request, film), status=HTTPStatus.ACCEPTED)


async def list_films(request: web.Request) -> web.Response:
    """Every film, the newest first."""
    parse(NoParameters, request.query)
    films = request.app[keys.FILMS].every()
    return web.json_response({"films": [_shown(request, film) for film in films]})


async def get_film(request: web.Request) -> web.Response:
    """One film: what was asked for, how far it is, and where it is once it is done."""
    parse(NoParameters, request.query)
    return web.json_response(_shown(request, _film(request)))


async def get_film_data(request: web.Request) -> web.StreamResponse:
    """The film itself."""
    parse(NoParameters, request.query)
    film = _film(request)
    path = request.app[keys.FILMS].path(film)
    if film.state != "done" or not path.is_file():
        raise not_found(f"The film {film.id} is not there: it is {film.state}.")
    name = f"lookout-timelapse-{film.id}.mp4"
    headers = {
        "Content-Type": "video/mp4",
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "private, max-age=604800, immutable",
    }
    return web.FileResponse(path, headers=headers)


async def cancel_film(request: web.Request) -> web.Response:
    """Stop making a film, or delete it."""
    parse(NoParameters, request.query)
    request.app[keys.FILMS].remove(_film(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _filter(asked: FilmBody) -> ImageFilter:
    given: MultiDict[str] = MultiDict()
    for name, text in asked.filter.items():
        for each in text if isinstance(text, list) else [text]:
            given.add(name, each)
    return parse(ImageFilter, given)


def _fixed(wanted: ImageFilter) -> dict[str, Any]:
    """The filter with times as they are meant now: it may be tomorrow when the film is made."""
    words = {name: list(getattr(wanted, name)) for name in ASKED}
    spans = {name: span.written() for name in RANGED if (span := wanted.span(name)) is not None}
    times = {name: getattr(wanted, name) for name in ("since", "until")}
    kept = {} if wanted.kept is None else {"kept": str(wanted.kept).lower()}
    texts = {name: str(at) for name, at in times.items() if at is not None}
    return {name: each for name, each in words.items() if each} | spans | texts | kept


def _film(request: web.Request) -> Film:
    film = request.app[keys.FILMS].get(request.match_info["film"])
    if film is None:
        raise not_found("There is no such film: it was never asked for, or is deleted.")
    return film


def _shown(request: web.Request, film: Film) -> dict[str, Any]:
    shown = asdict(film) | {"url": None}
    if film.state == "done":
        shown["url"] = f"{prefix_of(request)}/api/timelapse/{film.id}/data"
    del shown["look"]
    return shown
