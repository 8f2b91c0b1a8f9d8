"""Every key, stream, index and lifetime. The table is in docs/redis.md."""

from typing import Final

DAY: Final = 86_400  # seconds

IMAGE_PREFIX: Final = "image:"
READING_PREFIX: Final = "reading:"
EVENT_PREFIX: Final = "event:"

IMAGE_TTL: Final = 7 * DAY
READING_TTL: Final = 30 * DAY
EVENT_TTL: Final = 30 * DAY
ROUTINE_TTL: Final = 7 * DAY  # of an event that comes with every picture: as long as the picture
SERIES_RETENTION: Final = 90 * DAY
PLAIN_KNOWN: Final = DAY  # how long its bytes are known, by which a retained one is
PLAIN_TTL: Final = 3600  # how long a redelivery of an image without an id is recognised, seconds

GATE_TTL: Final = DAY  # of what a node's next picture is compared with
FILM_SEEN_LENGTH: Final = 1_000
FRAMES_TTL: Final = DAY  # of a film's last frames: with them go the groups that read it
WATCHED: Final = "watched"  # hash, node -> what counts at it, as people drew it
WATCHED_SET: Final = "watched:settings"  # the same as the analytics service's settings say it
ZONED: Final = "zoned"  # set of the nodes whose zones Home Assistant was told of
NODES: Final = "nodes"  # set of the names of all nodes
SEARCHES: Final = "searches"  # hash, name -> filter line of each saved search
RULES: Final = "retention"  # what is kept and for how long, as the ingest service was told
FIRED: Final = "fired"  # field of a node: run and number of its last event that is recorded
THINNED: Final = "thinned"  # when the last pass of thinning out that was finished began
IMAGES_STREAM: Final = "images"
LIVES: Final = "lives"  # list, only inside the transaction that writes images
IMAGES_STREAM_LENGTH: Final = 100_000
CHANGES_STREAM: Final = "changes"  # which images were deleted, and which brought back
CHANGES_STREAM_LENGTH: Final = 200  # entries of up to some hundred ids
UNDATED: Final = "undated"  # set of NODE:CLOCK, of whose images some are dated by the hub
MOST_UNDATED: Final = 10_000  # images in each of those, the newest
CLOCK: Final = "clock"  # why the hub's own clock is in doubt, while it is
CLOCK_RAN: Final = "clock:ran"  # Unix seconds when it was last trusted, a space, by which setting
LIVES_LATER: Final = "lives:later"  # hash, image id -> seconds to live once the clock is trusted
REJECTED_STREAM: Final = "rejected"
REJECTED_STREAM_LENGTH: Final = 200
REJECTED_BYTES: Final = 4_000_000  # of each refused payload
REJECTED_PROPERTIES: Final = 65_536  # characters of its properties as JSON; more are left out
REJECTED_TOTAL: Final = 32_000_000  # bytes that Redis needs for all of them

THUMBNAIL_WIDTHS: Final = (160, 320, 640, 1280, 1920)  # pixels; others would fill the cache

IMAGES_INDEX: Final = "idx:images"
READINGS_INDEX: Final = "idx:readings"
EVENTS_INDEX: Final = "idx:events"


def image(image_id: str) -> str:
    """The hash of one image; `image_id` is NODE:MS."""
    return IMAGE_PREFIX + image_id


def trash(image_id: str) -> str:
    """The hash of an image that was deleted a moment ago."""
    return f"trash:{image_id}"


def gate(node_name: str) -> str:
    """What is left of a node's picture that was looked at last, very small."""
    return f"gate:{node_name}"


def frames(node_name: str) -> str:
    """The stream of a node's film, for those who look at it as it comes."""
    return f"frames:{node_name}"


def film_seen(node_name: str) -> str:
    """The stream of what was seen in the frames of a node's film."""
    return f"frames:{node_name}:seen"


def thumbnail(image_id: str, width: int) -> str:
    """A cached thumbnail, `width` pixels wide."""
    return f"thumb:{image_id}:{width}"


def reading(node: str, milliseconds: int) -> str:
    """The hash of one reading."""
    return f"{READING_PREFIX}{node}:{milliseconds}"


def event(ulid: str) -> str:
    """The hash of one event."""
    return EVENT_PREFIX + ulid


def node(name: str) -> str:
    """The hash of what is known of a node."""
    return f"node:{name}"


def series(node_name: str, metric: str) -> str:
    """The time series of one metric of one node."""
    return f"ts:{node_name}:{metric}"


def rolled(series_key: str, seconds: int, kind: str) -> str:
    """What the server makes of each stretch of a time series: avg, min, max or count."""
    return f"{series_key}:{seconds}:{kind}"


def claim(image_id: str) -> str:
    """Reserves an id that the hub gave to an image which came without one."""
    return f"claim:{image_id}"


def plain(node_name: str, digest: str) -> str:
    """Remembers which id an image without one was given, by its bytes."""
    return f"plain:{node_name}:{digest}"


def next_free(node_name: str, milliseconds: int) -> str:
    """Where the search for a free millisecond goes on, for images without an id of one moment."""
    return f"next:{node_name}:{milliseconds}"


def receipts(worker: str) -> str:
    """Written after each batch, so that one WAITAOF covers everything before it."""
    return f"receipts:{worker}"


def lease(service: str) -> str:
    """Who does the work of a hub service now; others stand by."""
    return f"lease:{service}"


def turn(work: str) -> str:
    """Which worker has its turn at some work that one at a time does."""
    return f"turn:{work}"


def undated(node_name: str, node_clock: str) -> str:
    """The images dated by the hub's clock that were taken by one setting of the node's own."""
    return f"{UNDATED}:{node_name}:{node_clock}"


def parked(stream: str, group: str) -> str:
    """A stream of what the workers of a group could not handle, each with its reason."""
    return f"parked:{stream}:{group}"


def recent(node_name: str) -> str:
    """What was seen in the last images of a node that were looked at, the newest first."""
    return f"recent:{node_name}"


def looked_at(node_name: str, slot: int) -> str:
    """Says that an image of a node's stretch of time was chosen to be looked at."""
    return f"looked:{node_name}:{slot}"
