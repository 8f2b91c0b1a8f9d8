"""What each node has in Redis, and which rules hold for it."""

from dataclasses import dataclass
from typing import Any

from lookout.store.client import Client
from lookout.store.nodes import Nodes
from lookout.store.retention.plans import besides_pictures
from lookout.store.retention.rules import Retention
from lookout.store.retention.usage import ONLY_KEPT, usage


@dataclass(frozen=True, slots=True)
class Holding:
    """One node's images. Sizes in bytes, times in Unix seconds, `ttl` in seconds."""

    node: str
    images: int
    bytes: int
    share: float  # of the pictures' bytes of all nodes, 0 to 1
    memory: int  # bytes that Redis needs for them: pictures, fields, names and index
    oldest: float
    newest: float
    kept: int
    kept_bytes: int
    ttl: int  # of images that come now
    cap_images: int  # 0: no limit
    cap_bytes: int


async def holdings(client: Client, rules: Retention) -> list[Holding]:
    """Every node that has images; who uses most comes first."""
    used = await usage(client)
    kept = {one.node: one for one in await usage(client, ONLY_KEPT)}
    besides = await besides_pictures(client, used)
    wishes = {node["node"]: _wish(node.get("info")) for node in await Nodes(client).all()}
    whole = sum(one.bytes for one in used)
    found = []
    for one in used:
        own, cap = kept.get(one.node), rules.cap(one.node)
        found.append(
            Holding(
                node=one.node,
                images=one.images,
                bytes=one.bytes,
                share=round(one.bytes / whole, 4) if whole else 0.0,
                memory=one.bytes + one.images * besides[one.node],
                oldest=one.oldest,
                newest=one.newest,
                kept=own.images if own else 0,
                kept_bytes=own.bytes if own else 0,
                ttl=rules.lifetime(one.node, wishes.get(one.node)),
                cap_images=cap.images,
                cap_bytes=cap.bytes,
            )
        )
    return found


def _wish(info: Any) -> int | None:
    """How long the node wants its images to be kept, as it says of itself."""
    wish = info.get("ttl") if isinstance(info, dict) else None
    return wish if isinstance(wish, int) else None
