"""Indexes are brought up to date at start; what they hold stays."""

from lookout.store.client import Client
from lookout.store.index import ensure_indexes
from lookout.store.retention.usage import NOT_KEPT, ONLY_KEPT, usage
from tests.support.many import stored
from tests.support.waiting import eventually


async def test_an_index_from_before_images_could_be_told_as_kept_gets_the_field(
    client: Client,
) -> None:
    await client.execute_command("FT.DROPINDEX", "idx:images")
    await client.execute_command(
        *("FT.CREATE", "idx:images", "ON", "HASH", "PREFIX", 1, "image:", "SCHEMA", "node", "TAG"),
        *("timestamp", "NUMERIC", "SORTABLE", "size", "NUMERIC", "SORTABLE"),
    )
    kept, _ = await stored(client, "garden", [1.0, 2.0])
    await client.hset(f"image:{kept}", "kept", "1")
    await ensure_indexes(client)
    await ensure_indexes(client)  # twice changes nothing

    async def told_apart() -> bool:
        sets = [await usage(client, which) for which in (ONLY_KEPT, NOT_KEPT)]
        return [[(one.images, one.oldest) for one in found] for found in sets] == [
            [(1, 1.0)],
            [(1, 2.0)],
        ]

    await eventually(told_apart)
