"""`lookout storage`: who uses the memory, what holds for whom, and what would go."""

from collections.abc import AsyncIterator

import pytest

from lookout.host.settings import Redis
from lookout.store.client import Client, opened
from lookout.store.index import ensure_indexes
from lookout.store.nodes import Nodes
from lookout.store.retention import keeping
from lookout.store.retention import rules as retention
from lookout.store.retention.rules import Retention
from services.ingest.caps import Caps
from tests.cli.conftest import Cli
from tests.support.many import left, stored

RULES = Retention(cap_images=2, node_cap_bytes={"gate": 7000}, keep_images=5)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    async with opened(Redis(url=redis_url)) as client:
        await ensure_indexes(client)
        for node, size in (("barn", 1000), ("gate", 3000)):
            await stored(client, node, [60.0, 120.0, 180.0, 240.0], size=size)
        await keeping.keep(client, "barn:60000")
        await Nodes(client).set_info("barn", '{"ttl": 7200}', 1.0)
        await retention.save(client, RULES)
        yield client


def by_node(text: str) -> dict[str, str]:
    """The last line that begins with each word, its blanks made single."""
    lines = (line.split() for line in text.splitlines() if line.strip())
    return {words[0]: " ".join(words) for words in lines}


async def test_shows_each_nodes_part_and_its_rules(on_store: Cli, client: Client) -> None:
    said = await on_store("storage")
    rows = by_node(said.out)
    assert (said.code, said.err) == (0, "")
    assert rows["gate"].startswith("gate 4 12.0 KB 75% ")
    assert rows["gate"].endswith(" - 7 d 2 pictures, 7.0 KB")
    assert rows["barn"].endswith(" 1 2 h 2 pictures")
    assert rows["images"].startswith("images 8 ")
    assert "without a limit" in said.out
    assert "8 pictures have 16.0 KB." in said.out
    assert "Kept for good: 1 of 5 pictures, 1.0 KB." in said.out


async def test_as_json_it_has_every_number(on_store: Cli, client: Client) -> None:
    document = (await on_store("storage", "--json")).document
    assert 4_000 < document["nodes"][1].pop("memory") < 20_000
    assert document["kinds"]["images"]["number"] == 8
    assert document["nodes"][1] == {
        "node": "barn",
        "images": 4,
        "bytes": 4000,
        "share": 0.25,
        "oldest": 60.0,
        "newest": 240.0,
        "kept": 1,
        "kept_bytes": 1000,
        "ttl": 7200,
        "cap_images": 2,
        "cap_bytes": 0,
    }
    assert document["kept"]["most_images"] == 5
    assert "would_remove" not in document


async def test_a_dry_run_names_what_then_goes(on_store: Cli, client: Client) -> None:
    said = (await on_store("storage", "--dry-run", "--json")).document["would_remove"]
    expected = {"barn": {"barn:120000"}, "gate": {"gate:60000", "gate:120000"}}
    assert {node: set(part["ids"]) for node, part in said["cap"].items()} == expected
    assert (said["cap"]["gate"]["images"], said["cap"]["gate"]["bytes"]) == (2, 6000)
    before = {node: await left(client, node) for node in expected}
    assert all(len(ids) == 4 for ids in before.values()), "a dry run removes nothing"
    await Caps(client, Retention.model_validate(RULES.model_dump())).enforce()
    after = {node: await left(client, node) for node in expected}
    assert {node: before[node] - after[node] for node in expected} == expected


async def test_a_dry_run_shows_a_column_for_each_rule(on_store: Cli, client: Client) -> None:
    said = await on_store("storage", "--dry-run", "--free", "6KB", "--within", "8d")
    rows = by_node(said.out)
    assert "Expires in 8 d" in said.out
    assert rows["gate"] == "gate 4 (12.0 KB) 2 (6.0 KB) - 2 (6.0 KB)"
    assert rows["barn"] == "barn 3 (3.0 KB) 1 (1.0 KB) - -"
    assert "nothing has been removed" in said.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dry-run", "--free=much"), "500MB"),
        (("--dry-run", "--free=-5MB"), "500MB"),
        (("--dry-run", "--within=soon"), "1h"),
        (("--free=5MB",), "--dry-run"),
    ],
)
async def test_what_is_no_size_or_time_is_refused(
    on_store: Cli, client: Client, arguments: tuple[str, ...], said: str
) -> None:
    answer = await on_store("storage", *arguments)
    assert answer.code == 2
    assert said in answer.err
