"""What counts at each node: what people drew in the gallery goes before what settings say."""

from collections.abc import Mapping

import structlog

from lookout.contract.errors import BadMessage
from lookout.contract.watched import Watched
from lookout.store import keys
from lookout.store.client import Client

logger = structlog.get_logger()


async def drawn(client: Client) -> dict[str, Watched]:
    """The rules that people drew, by node. Raises a StoreError."""
    found = await client.hgetall(keys.WATCHED)
    return {
        node.decode(): rules
        for node, text in found.items()
        if (rules := _read(node, text)) is not None
    }


async def of_node(client: Client, node: str) -> tuple[Watched, bool]:
    """A node's rules, and whether they were drawn. Raises a StoreError."""
    for key in (keys.WATCHED, keys.WATCHED_SET):
        text = await client.hget(key, node)
        rules = _read(node.encode(), text) if text is not None else None
        if rules is not None:
            return rules, key == keys.WATCHED
    return Watched(), False


async def draw(client: Client, node: str, rules: Watched) -> None:
    """Keep what was drawn. Raises a StoreError."""
    await client.hset(keys.WATCHED, node, rules.encode())


async def forget(client: Client, node: str) -> bool:
    """Let a node's settings hold again. False where nothing was drawn. Raises a StoreError."""
    return bool(await client.hdel(keys.WATCHED, node))


async def note_settings(client: Client, nodes: Mapping[str, Watched]) -> None:
    """Say what the settings are, so that whoever draws begins with them. Raises a StoreError."""
    async with client.pipeline(transaction=True) as pipe:
        pipe.delete(keys.WATCHED_SET)
        if nodes:
            pipe.hset(
                keys.WATCHED_SET, mapping={name: each.encode() for name, each in nodes.items()}
            )
        await pipe.execute()


def _read(node: bytes, text: bytes) -> Watched | None:
    """Others may write there, too."""
    try:
        return Watched.decode(text)
    except BadMessage as error:
        logger.warning(
            "zones that cannot be", node=node.decode(errors="replace"), reason=str(error)
        )
        return None
