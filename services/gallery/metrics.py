"""What the gallery counts, for Prometheus."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

REQUESTS = Counter("lookout_gallery_requests", "Answers given", ["route", "status"])
REQUEST_SECONDS = Histogram(
    "lookout_gallery_request_seconds",
    "Seconds until the answer, live streams left out",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
IMAGE_BYTES = Counter("lookout_gallery_image_bytes", "Bytes of images and thumbnails sent")
VIEWERS = Gauge("lookout_gallery_viewers", "Live pages open")
STREAMED = Counter("lookout_gallery_streamed", "Live messages handed to viewers", ["kind"])
STREAM_DROPPED = Counter(
    "lookout_gallery_stream_dropped", "Live messages a slow viewer missed; it was told to reload"
)
THUMBNAILS = Counter("lookout_gallery_thumbnails", "Thumbnails by where they came from", ["source"])
REFUSED_LOGINS = Counter("lookout_gallery_refused_logins", "Wrong passwords")

NOT_HTTP = Counter("lookout_gallery_not_http", "Requests that were broken below the application")


async def metrics(_: web.Request) -> web.Response:
    """Everything counted, in Prometheus' text format."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
