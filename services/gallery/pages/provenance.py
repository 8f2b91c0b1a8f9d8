"""Who asked for an image: the way from the first cause to what it led to, in plain words."""

from dataclasses import dataclass
from typing import Any, Final

from lookout.store.events import Events, as_json
from lookout.store.search import Row
from services.gallery.pages import wording

MOST_LEVELS: Final = 5  # causes of causes that are looked for


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; `kind` is `cause`, `image`, `stored`, `effect` or `more`.

    `context` is where all of it can be read, where this is not all.
    """

    kind: str
    text: str
    detail: str
    timestamp: float | None
    context: str = ""


async def of_image(image: dict[str, Any], events: Events) -> list[Step]:
    """Causes first, then the picture, then what followed."""
    related, more_of = await _related(image, events)
    rows = [as_json(row) for row in related]
    mine = [row for row in rows if _concerns(row, image)]
    captured = [row for row in mine if row["event_type"] == "image_captured"]
    others = [row for row in mine if row["event_type"] != "image_captured"]
    causes = [row for row in others if row.get("context_id") != image.get("context_id")
              and row.get("parent_id") != image.get("context_id")]  # fmt: skip
    effects = [row for row in others if row not in causes]
    return [
        *([] if any(row["event_type"] != "command_failed" for row in causes) else _trigger(image)),
        *(_step("cause", row) for row in causes),
        _taken(image, captured),
        _stored(image),
        *(_step("effect", row) for row in effects),
        *([_more(more_of)] if more_of else []),
    ]


async def _related(image: dict[str, Any], events: Events) -> tuple[list[Row], str]:
    """Events of the image's context, of its cause, of the cause's cause, and so on.

    Also the context of which there are more than these, if there is one.
    """
    found: dict[str, Row] = {}
    seen: set[str] = set()
    more_of = ""
    wanted = {image[name] for name in ("context_id", "parent_id") if image.get(name)}
    for _ in range(MOST_LEVELS):
        if not wanted:
            break
        related = await events.around(*sorted(wanted))
        found |= {row["id"]: row for row in related.rows}
        if related.more and not more_of:
            more_of = str(image.get("parent_id") or image["context_id"])
        causes = {row["parent_id"] for row in related.rows if row["context_id"] in wanted
                  and "parent_id" in row}  # fmt: skip
        seen |= wanted
        wanted = causes - seen
    more_of = more_of or min(wanted, default="")  # a chain that is longer still
    return sorted(found.values(), key=lambda row: float(row["timestamp"])), more_of


def _more(context: str) -> Step:
    return Step("more", "There is more than is told here:", "", None, context)


def _concerns(row: dict[str, Any], image: dict[str, Any]) -> bool:
    """One command may cause many pictures: what tells of another one is left out."""
    about = {str(row["data"][name]) for name in ("id", "image_id", "image") if name in row["data"]}
    images = {name for name in about if ":" in name}
    return not images or image["id"] in images


def _trigger(image: dict[str, Any]) -> list[Step]:
    trigger = image.get("trigger")
    if trigger is None:
        return []
    return [Step("cause", wording.TRIGGERS.get(trigger, f"Trigger: {trigger}"), "", None)]


def _taken(image: dict[str, Any], captured: list[dict[str, Any]]) -> Step:
    detail = wording.reason(captured[0]) if captured else ""
    return Step("image", f"{image['node']} took the picture", detail, image["timestamp"])


def _stored(image: dict[str, Any]) -> Step:
    received = image.get("received_at")
    if received is None:
        return Step("stored", "The hub stored it", "", None)
    later = received - image["timestamp"]
    detail = f"{wording.length(later)} after it was taken" if later >= 0 else ""
    return Step("stored", "The hub stored it", detail, received)


def _step(kind: str, row: dict[str, Any]) -> Step:
    return Step(kind, wording.event(row), wording.reason(row), row["timestamp"])
