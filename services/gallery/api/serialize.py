"""Images, nodes and events as the API shows them."""

from collections.abc import Mapping
from typing import Any, Final

from lookout.contract.events import event_type
from lookout.store import images as image_store
from lookout.store.search import Row
from services.gallery.pages import wording

THUMBNAIL_WIDTH: Final = 320
_COUNTERS: Final = ("images", "rejected")
_NODE_FIELDS: Final = (
    "status",
    "status_since",
    "last_seen",
    "last_image",
    "last_image_at",
    "last_reading",
    "info",
)


def image(row: Row, prefix: str) -> dict[str, Any]:
    """The hash's fields without the bytes, with where to get those, under a path prefix."""
    url = data_url(row["id"], prefix)
    return {
        **image_store.as_json(row),
        "url": url,
        "thumb_url": f"{url}?width={THUMBNAIL_WIDTH}",
    }


def data_url(image_id: str, prefix: str) -> str:
    """Where an image's bytes are."""
    return f"{prefix}/api/images/{image_id}/data"


def node(fields: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """What is known of a node; what is not known is null."""
    return {
        "node": fields["node"],
        **{name: fields.get(name) for name in _NODE_FIELDS},
        "info": info(fields["node"], fields.get("info"), prefix),
        "counters": {name: fields.get(name, 0) for name in _COUNTERS},
        "silent": fields["silent"],
    }


def info(node: str, said: Mapping[str, Any] | None, prefix: str) -> dict[str, Any] | None:
    """What a node says of itself, its live view by our address: its own carries a secret."""
    if said is None or "live_url" not in said:
        return None if said is None else dict(said)
    return {**said, "live_url": f"{prefix}/nodes/{node}/live"}


def event(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An event, with what happened in words."""
    return {
        **fields,
        "words": wording.event(fields),
        "reason": wording.reason(fields),
        "tone": event_type(fields["event_type"]).tone,
    }
