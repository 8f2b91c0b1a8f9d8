"""What the API answers, as models: for its description and for the tests that hold it to it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lookout.contract.images import ImageFields
from lookout.contract.watched import Watched


class Answer(BaseModel):
    """What every answer shares; a newer hub may say more."""

    model_config = ConfigDict(extra="allow")


class Image(ImageFields):
    """An image without its bytes."""

    model_config = ConfigDict(extra="allow")

    id: str
    url: str = Field(description="the bytes")
    thumb_url: str
    expires_in: int | None = Field(None, description="seconds; null when it is kept (one image)")


class ImageList(Answer):
    """A page of images."""

    images: list[Image]
    next: str | None = Field(description="cursor of the following page")


class Count(Answer):
    """How many images one hour or day has."""

    timestamp: float = Field(description="its beginning, Unix seconds")
    count: int


class Counts(Answer):
    """How many images there are, over time."""

    by: str
    counts: list[Count]
    total: int


class Facet(Answer):
    """One value, and how many images have it."""

    value: str
    count: int


class Facets(Answer):
    """What a search can be narrowed by."""

    facets: dict[str, list[Facet]] = Field(description="by the names of the parameters")
    left_out: list[str] = Field(description="names that have too many values")


class Where(Answer):
    """Where in their pictures, and at which hours of the day, things were seen."""

    what: str
    columns: int
    rows: int
    cells: list[tuple[int, int, int]] = Field(description="column, row, how often")
    hours: list[int] = Field(description="how many in each of the 24 hours, in the zone `tz`")
    pictures: int
    things: int
    whole: bool = Field(description="false: there are more pictures than were looked through")


class FilmThing(Answer):
    """A thing in a frame; `box` is x, y, width, height in per cent."""

    label: str
    kind: Literal["person", "thing"]
    box: tuple[float, float, float, float]


class FilmSeen(Answer):
    """What was seen in the newest frame of a film."""

    node: str
    frame: str | None = Field(description="its id in the stream; null: none was looked at")
    things: list[FilmThing]


class Zones(Answer):
    """What counts at a node, and where."""

    node: str
    drawn: bool = Field(description="false: as the analytics service's settings say")
    rules: Watched


class Search(Answer):
    """A saved search."""

    name: str
    q: str = Field(description="its filter line")


class SearchList(Answer):
    """Every saved search."""

    searches: list[Search]


class FrameList(Answer):
    """Pictures of a time-lapse."""

    images: list[Image]


class Film(Answer):
    """A film of a time-lapse, and how far it is."""

    id: str
    asked: dict[str, Any] = Field(description="as it was asked for, with times as they are meant")
    made_at: float = Field(description="Unix seconds")
    state: str = Field(description="waiting, running, done, failed or cancelled")
    frames: int = Field(description="pictures that it is made of")
    done: int = Field(description="those that are in it already")
    bytes: int
    error: str = Field(description="why it failed")
    url: str | None = Field(description="where it is, once it is done")


class FilmList(Answer):
    """Every film, the newest first."""

    films: list[Film]


class Deleted(Answer):
    """What has been deleted, or would be."""

    dry_run: bool
    deleted: list[str] = Field(description="ids")
    kept: int = Field(description="how many stay because they are kept")
    bytes: int = Field(description="of what is deleted")
    undo_seconds: int = Field(description="for how long they can be brought back")


class Restored(Answer):
    """What is there again."""

    restored: list[str] = Field(description="ids")


class Done(Answer):
    """With which images it was done."""

    done: list[str] = Field(description="ids")


class Node(Answer):
    """What is known of a node."""

    node: str
    status: str | None = Field(description="online or offline")
    status_since: float | None = Field(description="Unix seconds")
    last_seen: float | None = Field(description="Unix seconds")
    last_image: str | None = Field(description="an image's id")
    last_image_at: float | None = Field(description="capture, Unix seconds")
    last_reading: dict[str, float] | None
    info: dict[str, Any] | None
    counters: dict[str, int]
    silent: bool


class NodeList(Answer):
    """Every node."""

    nodes: list[Node]


class Bucket(Answer):
    """The readings of one stretch of time."""

    timestamp: float = Field(description="its beginning, Unix seconds")
    average: float
    least: float
    most: float
    count: float


class ReadingList(Answer):
    """One metric over time."""

    node: str
    metric: str
    bucket: float = Field(description="seconds")
    readings: list[Bucket]


class Event(Answer):
    """Something that happened."""

    id: str
    event_type: str
    node: str
    timestamp: float = Field(description="Unix seconds")
    context_id: str | None = None
    parent_id: str | None = None
    data: dict[str, Any]
    words: str = Field(description="what happened, as a sentence")
    reason: str = Field(description="why, or who asked for it, where it is known")
    tone: str = Field(description="good, bad, warn, act or plain")


class EventList(Answer):
    """A page of events."""

    events: list[Event]
    next: str | None = Field(description="cursor of the following page")


class Health(Answer):
    """Whether the gallery can do its work."""

    status: str
    redis: str
    broker: str
    work: str


class Problem(Answer):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, str]] | None = Field(None, description="field, value, allowed")
