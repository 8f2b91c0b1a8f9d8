"""The nodes: who is away, whose clock is off, whose camera does not work."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Final

from lookout.cli import tables
from lookout.cli.doctor.finding import Finding, good, wrong
from lookout.store.client import Client
from lookout.store.nodes import Nodes

MOST_SKEW: Final = 60.0  # seconds; from there on the hub goes by its own clock


async def look(client: Client) -> AsyncIterator[Finding]:
    """A line for each that is not as it should be, and one for all others."""
    every = await Nodes(client).all()
    ill = 0
    for node in every:
        if troubles := [*of_node(node, time.time())]:
            ill += 1
            yield wrong(f"node {node['node']}", tables.printable(" ".join(troubles)))
    if not every:
        yield wrong("nodes", "none has been heard of yet: start one (docs/camera-node.md).")
    elif ill < len(every):
        yield good("nodes", f"{len(every) - ill} are online, and their clocks are right.")


def of_node(node: Mapping[str, Any], now: float) -> Iterator[str]:
    """What is wrong with it, each with the next step."""
    info = node.get("info")
    info = info if isinstance(info, dict) else {}
    since = tables.span(max(0.0, now - float(node.get("last_seen", now))))
    if node.get("status") == "offline":
        yield (
            f"It is offline, last heard {since} ago: see its power and network; if it is no more, "
            f"`lookout node remove {node['node']}`."
        )
    elif node.get("silent"):
        yield f"Nothing came from it for {since}: see its camera and its log."
    skew = info.get("clock_skew")
    if isinstance(skew, int | float) and abs(skew) > MOST_SKEW:
        yield f"Its clock is {skew:+.0f} s from the hub's: set it by NTP (docs/clocks.md)."
    if failure := info.get("failure"):
        yield f"Its last capture failed ({failure}): `lookout camera check` there."
