"""The search indexes: what they hold, and how they are made and upgraded at start."""

from functools import cache
from typing import Any, Final

import structlog

from lookout.contract.images import IMAGE_FIELDS
from lookout.store import keys
from lookout.store.client import Client
from lookout.store.errors import StoreRefused
from lookout.store.search.asking import NOT_STRICT, be_strict

logger = structlog.get_logger()

Schema = dict[str, tuple[str, ...]]

_NUMBER: Final = ("NUMERIC", "SORTABLE")
_TAG: Final = ("TAG",)

INDEXES: Final[dict[str, tuple[str, Schema]]] = {
    keys.IMAGES_INDEX: (
        keys.IMAGE_PREFIX,
        {
            "kept": _TAG,
            **{
                name: _TAG if column.index == "tag" else _NUMBER
                for name, column in IMAGE_FIELDS.items()
                if column.index
            },
        },
    ),
    keys.READINGS_INDEX: (
        keys.READING_PREFIX,
        {
            "node": _TAG,
            "timestamp": _NUMBER,
            "lux": _NUMBER,
            "temperature": _NUMBER,
            "humidity": _NUMBER,
        },
    ),
    keys.EVENTS_INDEX: (
        keys.EVENT_PREFIX,
        {
            "event_type": _TAG,
            "node": _TAG,
            "timestamp": _NUMBER,
            "text": ("TEXT",),
            "context_id": _TAG,
            "parent_id": _TAG,
        },
    ),
}


async def ensure_indexes(client: Client) -> None:
    """Make the indexes that are missing, add missing fields, remake what has changed its kind.

    The hashes stay as they are: the server fills a new index from them in the background. It is
    told, too, to fail where it would end a search early.
    """
    if not await be_strict(client):
        _tell_of_leniency()
    for name, (prefix, schema) in INDEXES.items():
        existing = await _fields(client, name)
        if existing is None:
            await _create(client, name, prefix, schema)
        elif any(existing.get(field, kind) != kind for field, (kind, *_) in schema.items()):
            logger.warning("search index has other kinds of fields, making it anew", index=name)
            await client.execute_command("FT.DROPINDEX", name)
            await _create(client, name, prefix, schema)
        else:
            for field in schema.keys() - existing.keys():
                logger.info("search index gets a field", index=name, field=field)
                await client.execute_command(
                    "FT.ALTER", name, "SCHEMA", "ADD", field, *schema[field]
                )


@cache  # once is enough
def _tell_of_leniency() -> None:
    logger.warning(NOT_STRICT)


async def _create(client: Client, name: str, prefix: str, schema: Schema) -> None:
    fields = [word for field, kind in schema.items() for word in (field, *kind)]
    try:
        await client.execute_command(
            "FT.CREATE", name, "ON", "HASH", "PREFIX", 1, prefix, "SCHEMA", *fields
        )
    except StoreRefused as error:
        if "already exists" not in str(error):  # another service was faster
            raise


async def _fields(client: Client, name: str) -> dict[str, str] | None:
    """Field name -> kind (such as NUMERIC) of an index; None when there is no such index."""
    try:
        info = _pairs(await client.execute_command("FT.INFO", name))
    except StoreRefused as error:
        if "no such index" in str(error).lower() or "unknown index" in str(error).lower():
            return None
        raise
    described = [_pairs(attribute) for attribute in info["attributes"]]
    return {each["identifier"].decode(): each["type"].decode() for each in described}


def _pairs(answer: list[Any]) -> dict[str, Any]:
    """The server's flat list of keys and values as a dictionary."""
    return {key.decode(): value for key, value in zip(answer[::2], answer[1::2], strict=False)}
