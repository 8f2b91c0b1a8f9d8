"""Every address of the gallery."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel

from lookout.contract.commands import Result
from lookout.contract.watched import Watched
from services.gallery import metrics
from services.gallery.api import (
    answers,
    bulk,
    counts,
    facets,
    filmed,
    latest,
    marks,
    pack,
    saved,
    timelapse,
    where,
    zones,
)
from services.gallery.api import events as api_events
from services.gallery.api import images as api_images
from services.gallery.api import nodes as api_nodes
from services.gallery.api import readings as api_readings
from services.gallery.api.happenings import EventParameters, StreamParameters
from services.gallery.api.query import (
    CommandParameters,
    DataParameters,
    LatestParameters,
    Parameters,
    ReadingParameters,
    WallParameters,
)
from services.gallery.api.searches import ImageParameters
from services.gallery.live import film
from services.gallery.pages import browse, days, grid, lapse, log, nodes, picture, zoning
from services.gallery.web import health, login
from services.gallery.web.middlewares import Handler


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one address; what it takes and gives is for /api/openapi.json."""

    method: str
    path: str
    handler: Handler
    takes: type[Parameters] | None = None
    gives: type[BaseModel] | str | None = None  # a model, or a media type
    body: bool = False  # whether it takes a JSON object
    takes_body: type[BaseModel] | None = None  # or which one
    status: int = 200


API = [
    Endpoint("GET", "/api/images", api_images.list_images, ImageParameters, answers.ImageList),
    Endpoint(
        "POST",
        "/api/images/delete",
        bulk.delete_images,
        takes_body=bulk.DeleteBody,
        gives=answers.Deleted,
    ),
    Endpoint(
        "POST",
        "/api/images/restore",
        bulk.restore_images,
        takes_body=bulk.IdsBody,
        gives=answers.Restored,
    ),
    Endpoint(
        "POST",
        "/api/images/keep",
        bulk.keep_images,
        takes_body=bulk.IdsBody,
        gives=answers.Done,
    ),
    Endpoint(
        "POST",
        "/api/images/release",
        bulk.release_images,
        takes_body=bulk.IdsBody,
        gives=answers.Done,
    ),
    Endpoint(
        "POST",
        "/api/images/tag",
        marks.tag_images,
        takes_body=marks.TagBody,
        gives=answers.Done,
    ),
    Endpoint(
        "POST",
        "/api/images/{id}/note",
        marks.note_image,
        takes_body=marks.NoteBody,
        gives=answers.Image,
    ),
    Endpoint("GET", "/api/images.zip", pack.get_zip, pack.ZipParameters, "application/zip"),
    Endpoint("POST", "/api/images.zip", pack.post_zip, gives="application/zip"),
    Endpoint(
        "GET", "/api/images/counts", counts.list_counts, counts.CountParameters, answers.Counts
    ),
    Endpoint(
        "GET", "/api/images/facets", facets.list_facets, facets.FacetParameters, answers.Facets
    ),
    Endpoint("GET", "/api/images/where", where.where, where.WhereParameters, answers.Where),
    Endpoint("GET", "/api/searches", saved.list_searches, gives=answers.SearchList),
    Endpoint(
        "PUT",
        "/api/searches/{name}",
        saved.save_search,
        takes_body=saved.SearchBody,
        gives=answers.Search,
    ),
    Endpoint("DELETE", "/api/searches/{name}", saved.forget_search, status=204),
    Endpoint("GET", "/api/images/{id}", api_images.get_image, gives=answers.Image),
    Endpoint("DELETE", "/api/images/{id}", api_images.delete_image, status=204),
    Endpoint("GET", "/api/images/{id}/data", api_images.get_data, DataParameters, "image/jpeg"),
    Endpoint("POST", "/api/images/{id}/keep", api_images.keep_image, gives=answers.Image),
    Endpoint("DELETE", "/api/images/{id}/keep", api_images.release_image, gives=answers.Image),
    Endpoint(
        "GET",
        "/api/timelapse/frames",
        timelapse.list_frames,
        timelapse.FrameParameters,
        answers.FrameList,
    ),
    Endpoint("GET", "/api/timelapse", timelapse.list_films, gives=answers.FilmList),
    Endpoint(
        "POST",
        "/api/timelapse",
        timelapse.make_film,
        takes_body=timelapse.FilmBody,
        gives=answers.Film,
        status=202,
    ),
    Endpoint("GET", "/api/timelapse/{film}", timelapse.get_film, gives=answers.Film),
    Endpoint("GET", "/api/timelapse/{film}/data", timelapse.get_film_data, gives="video/mp4"),
    Endpoint("DELETE", "/api/timelapse/{film}", timelapse.cancel_film, status=204),
    Endpoint("GET", "/api/nodes", api_nodes.list_nodes, gives=answers.NodeList),
    Endpoint("GET", "/api/nodes/{node}", api_nodes.get_node, gives=answers.Node),
    Endpoint(
        "POST",
        "/api/nodes/{node}/commands/{service}",
        api_nodes.call_service,
        CommandParameters,
        Result,
        body=True,
    ),
    Endpoint("GET", "/api/nodes/{node}/film", filmed.film_seen, gives=answers.FilmSeen),
    Endpoint("GET", "/api/nodes/{node}/zones", zones.get_zones, gives=answers.Zones),
    Endpoint(
        "PUT", "/api/nodes/{node}/zones", zones.draw_zones, takes_body=Watched, gives=answers.Zones
    ),
    Endpoint("DELETE", "/api/nodes/{node}/zones", zones.forget_zones, status=204),
    Endpoint(
        "GET", "/api/readings", api_readings.list_readings, ReadingParameters, answers.ReadingList
    ),
    Endpoint("GET", "/api/events", api_events.list_events, EventParameters, answers.EventList),
    Endpoint("GET", "/api/stream", api_events.stream, StreamParameters, "text/event-stream"),
    Endpoint("GET", "/api/live", film.wall, WallParameters, "multipart/x-mixed-replace"),
    Endpoint("GET", "/nodes/{node}/latest.jpg", latest.latest, LatestParameters, "image/jpeg"),
    Endpoint("GET", "/healthz", health.healthz, gives=answers.Health),
    Endpoint("GET", "/metrics", metrics.metrics, gives="text/plain"),
]

PAGES = [
    Endpoint("GET", "/", grid.index),
    Endpoint("GET", "/browse", browse.browse),
    Endpoint("GET", "/days", days.days),
    Endpoint("GET", "/images/{id}", picture.image),
    Endpoint("GET", "/nodes", nodes.nodes),
    Endpoint("GET", "/nodes/{node}", nodes.node),
    Endpoint("GET", "/nodes/{node}/zones", zoning.zones),
    Endpoint("GET", "/nodes/{node}/live", film.relay),
    Endpoint("GET", "/live", nodes.live),
    Endpoint("GET", "/events", log.events),
    Endpoint("GET", "/timelapse", lapse.timelapse),
    Endpoint("GET", "/login", login.show),
    Endpoint("POST", "/login", login.enter),
    Endpoint("POST", "/logout", login.leave),
]


def add_all(router: web.UrlDispatcher, prefix: str) -> None:
    """Make the application answer to every address under a path prefix."""
    for endpoint in (*API, *PAGES):
        path = prefix + endpoint.path
        if endpoint.method == "GET":
            router.add_get(path, endpoint.handler)  # HEAD too
        else:
            router.add_route(endpoint.method, path, endpoint.handler)
    if prefix:
        router.add_get(prefix, grid.index)
