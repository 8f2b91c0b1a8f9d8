"""What the ingest service tells of its rules."""

import urllib.request
from collections.abc import Callable

from lookout.embedded.child import Child
from lookout.embedded.ports import free_port
from lookout.store.client import Client
from lookout.store.index import ensure_indexes
from lookout.store.retention import keeping
from lookout.store.retention import rules as retention
from lookout.store.retention.thinning import ThinStep
from tests.support.many import stored
from tests.support.waiting import eventually


async def test_others_read_the_rules_from_redis_and_prometheus_the_use_of_the_quota(
    service: Callable[..., Child], client: Client
) -> None:
    await ensure_indexes(client)
    (only,) = await stored(client, "garden", [1.0], size=100)
    await keeping.keep(client, only)
    port = free_port()
    rules = {
        "THIN": "1d:1m",
        "NODE_TTL": "barn=1d",
        "CAP_BYTES": "2GB",
        "KEEP_BYTES": "400",
        "KEEP_SHARE": "0",
    }
    environment = {f"LOOKOUT_RETENTION__{name}": value for name, value in rules.items()}
    service("ingest", LOOKOUT_INGEST__METRICS_PORT=str(port), **environment)
    await eventually(lambda: client.exists("retention"))
    told = await retention.load(client)
    assert told.thin == (ThinStep(age=86_400, every=60),)
    assert (told.node_ttl, told.cap_bytes, told.keep_bytes) == ({"barn": 86_400}, 2 * 10**9, 400)

    def shown() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            lines = page.read().decode().splitlines()
        wanted = {"lookout_ingest_kept 1.0", "lookout_ingest_kept_bytes 100.0"}
        return {*wanted, "lookout_ingest_kept_share 0.25"} <= set(lines)

    await eventually(shown)


async def test_rules_of_a_newer_ingest_service_are_no_trouble(client: Client) -> None:
    await client.set("retention", '{"keep_images": 5, "of_the_future": true}')
    assert (await retention.load(client)).keep_images == 5
