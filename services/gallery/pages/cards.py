"""What the cards of pictures and nodes show, ready for the templates."""

import time
from collections.abc import Mapping
from typing import Any, Final

from lookout.contract.marks import tags_of
from lookout.store.images import FIELDS
from services.gallery.api import serialize
from services.gallery.pages import facts, seen

LATE, TOO_LATE = 2.0, 5.0  # intervals without a picture until it is amber, and red
USUAL_INTERVAL: Final = 60.0  # seconds, for nodes that do not tell theirs


def full(image: Mapping[str, Any]) -> dict[str, Any]:
    """For templates: what is not known of an image is None; `seen` are its boxes."""
    return {
        **dict.fromkeys(FIELDS),
        **image,
        "seen": seen.of_image(image),
        "tag_list": tags_of(image.get("tags")),
    }


def of_node(node: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A node with what its card shows besides."""
    info = node["info"] or {}
    interval = info.get("interval")
    interval = USUAL_INTERVAL if interval is None else interval
    picture = node["last_image"]
    late, old = limits(node["last_image_at"], interval)
    fresh = freshness(node["last_image_at"], interval, time.time())
    return {
        **node,
        "trouble": trouble(node, fresh),
        "film": node["status"] == "online" and bool(info.get("live_url")),
        "can_start": node["status"] == "online"
        and not info.get("live_url")
        and "live" in (info.get("services") or ()),
        "info": info,
        "seen": None,  # of its last picture, where a page shows it
        "interval": interval,
        "freshness": fresh,
        "late_at": late,
        "old_at": old,
        "reading": facts.of_reading(node["last_reading"]),
        "thumb_url": f"{serialize.data_url(picture, prefix)}?width=640" if picture else "",
    }


def trouble(node: Mapping[str, Any], fresh: str) -> str:
    """Why somebody should look after a node; nothing while it is well."""
    if node["status"] == "offline":
        return "It is offline: its power, its network, or its service."
    if node["silent"]:
        return "It is silent: online, but nothing has come from it for a while."
    if fresh == "old":
        return f"Its last picture is older than {TOO_LATE:.0f} of its intervals."
    return ""


def limits(taken_at: float | None, interval: float) -> tuple[float | None, float | None]:
    """When a node's last picture is late, and too late (Unix seconds), by its own interval.

    A node with interval 0 takes pictures on demand only, so none of them is late.
    """
    if taken_at is None or interval == 0:
        return None, None
    return taken_at + LATE * interval, taken_at + TOO_LATE * interval


def freshness(taken_at: float | None, interval: float, now: float) -> str:
    """`fresh`, `late` or `old`; `none` without pictures."""
    if taken_at is None:
        return "none"
    late, old = limits(taken_at, interval)
    if late is None or old is None or now < late:
        return "fresh"
    return "late" if now < old else "old"
