"""What the rules would remove now: plans of groups of victims, to carry out or to show."""

from collections.abc import Sequence
from dataclasses import replace

from lookout.store.client import Client
from lookout.store.retention.kinds import GUESS, IMAGES, WEIGHED, weigh
from lookout.store.retention.removal import Plan, oldest
from lookout.store.retention.rules import Retention
from lookout.store.retention.usage import NOT_KEPT, Usage, shares_to_remove, usage


async def over_cap(client: Client, rules: Retention, node: str) -> Plan:
    """What is over the node's cap, the oldest first."""
    cap = rules.cap(node)
    if not (cap.images or cap.bytes):
        return
    for used in await usage(client, NOT_KEPT, [node]):
        images = used.images - cap.images if cap.images else 0
        size = used.bytes - cap.bytes if cap.bytes else 0
        async for group in oldest(client, node, images=images, size=size):
            yield group


async def to_free(client: Client, need: int) -> Plan:
    """The oldest of whoever needs most, until `need` bytes of memory are named."""
    if need <= 0:
        return
    used = await usage(client, NOT_KEPT)
    besides = await besides_pictures(client, used)
    needed = [replace(one, bytes=one.bytes + one.images * besides[one.node]) for one in used]
    for node, share in shares_to_remove(needed, need).items():
        async for group in oldest(client, node, size=share, besides=besides[node]):
            yield group


async def besides_pictures(client: Client, used: Sequence[Usage]) -> dict[str, int]:
    """Bytes that an image of each node needs besides its picture: fields, name, index."""
    by_bytes = sorted(used, key=lambda one: (-one.bytes, one.node))
    by_number = sorted(used, key=lambda one: (-one.images, one.node))
    most = dict.fromkeys(one.node for one in (*by_bytes[:WEIGHED], *by_number[:WEIGHED]))
    weights = await weigh(client, IMAGES, list(most))
    return {
        one.node: max(0, round(weights[one.node] - one.bytes / one.images))
        if one.node in weights
        else GUESS
        for one in used
    }
