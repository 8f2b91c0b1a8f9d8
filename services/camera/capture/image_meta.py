"""A capture in words: what travels with the image, and what its event tells."""

from pydantic import JsonValue

from lookout.contract.images import ImageMeta, image_id
from lookout.contract.wire import Context
from services.camera.sources import Picture


def meta_of(
    node: str, milliseconds: int, picture: Picture, trigger: str, context: Context, ttl: int
) -> ImageMeta:
    """The user properties of an image; `ttl` in seconds, 0 where the hub is to decide."""
    return ImageMeta(
        id=image_id(node, milliseconds),
        timestamp=round(picture.timestamp, 3),
        lux=picture.lux,
        temperature=picture.temperature,
        width=picture.width,
        height=picture.height,
        trigger=trigger,
        context_id=context.id,
        parent_id=context.parent_id,
        ttl=ttl or None,
        meta=picture.meta or None,
    )


def told_of(identifier: str, picture: Picture, trigger: str) -> dict[str, JsonValue]:
    """The data of `image_captured`."""
    data: dict[str, JsonValue] = {
        "id": identifier,
        "trigger": trigger,
        "size": len(picture.jpeg),
        "width": picture.width,
        "height": picture.height,
    }
    return data if picture.lux is None else {**data, "lux": round(picture.lux, 2)}
