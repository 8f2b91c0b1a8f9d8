"""What the ingest service makes of the time that a node wants its images to be kept."""

import time
from collections.abc import Callable

import pytest

from lookout.bus.session import Session
from lookout.contract.hub import parse_receipt
from lookout.embedded.child import Child
from lookout.store.client import Client
from tests.support.pictures import plain_jpeg

HOUR = 3600


@pytest.mark.parametrize(
    ("node", "properties", "most"),
    [
        ("garden", {}, 10 * HOUR),
        ("garden", {"ttl": "0"}, 10 * HOUR),
        ("garden", {"ttl": "7200"}, 2 * HOUR),
        ("garden", {"ttl": "99999999"}, 20 * HOUR),
        ("barn", {"ttl": "7200"}, 5 * HOUR),
    ],
)
async def test_an_image_is_kept_as_its_node_wishes_within_what_the_hub_allows(
    service: Callable[..., Child],
    hub: Session,
    client: Client,
    node: str,
    properties: dict[str, str],
    most: int,
) -> None:
    receipts = hub.subscribe(f"lookout/{node}/stored")
    statuses = hub.subscribe("lookout/hub/ingest/status")
    rules = {"IMAGE_TTL": "10h", "MAX_TTL": "20h", "NODE_TTL": "barn=5h"}
    service("ingest", **{f"LOOKOUT_RETENTION__{name}": value for name, value in rules.items()})
    while (await anext(statuses)).payload != b"online":
        continue
    late = round((time.time() - 86_400) * 1000)  # as from a spool: its life begins when it comes
    properties |= {"id": f"{node}:{late}"}
    await hub.publish(f"lookout/{node}/image", plain_jpeg(), properties=properties)
    await anext(receipts)
    assert most - 60 < await client.ttl(f"image:{node}:{late}") <= most


async def test_a_wish_that_is_no_time_is_refused_by_name(
    ingest: Child, hub: Session, client: Client
) -> None:
    receipts = hub.subscribe("lookout/garden/stored")
    properties = {"id": f"garden:{round(time.time() * 1000)}", "ttl": "-1"}
    await hub.publish("lookout/garden/image", plain_jpeg(), properties=properties)
    (rejected,) = parse_receipt((await anext(receipts)).payload).rejected
    assert "ttl = '-1'" in rejected.reason
