"""The registry of nodes: what was last heard of each."""

from collections.abc import Mapping
from typing import Any, Final

from lookout.contract.plain import json_or_none
from lookout.store import keys
from lookout.store.client import Client

_FLOATS: Final = frozenset({"last_seen", "status_since", "last_image_at", "last_reading_at"})
_WHOLE: Final = frozenset({"images", "rejected", "readings"})
_JSON: Final = frozenset({"info", "last_reading"})
_OURS: Final = frozenset({keys.FIRED})  # of the hub's own bookkeeping


class Nodes:
    """What is known of the nodes."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def all(self) -> list[dict[str, Any]]:
        """Every node, by name."""
        names = await self.names()
        async with self._client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hgetall(keys.node(name))
            answers = await pipe.execute() if names else []
        return [
            _as_json(name, answer) for name, answer in zip(names, answers, strict=True) if answer
        ]

    async def names(self) -> list[str]:
        """The names of all nodes, in order."""
        return sorted(name.decode() for name in await self._client.smembers(keys.NODES))

    async def get(self, name: str) -> dict[str, Any] | None:
        """One node; None when it was never heard of."""
        answer = await self._client.hgetall(keys.node(name))
        return _as_json(name, answer) if answer else None

    async def status(self, name: str) -> str | None:
        """`online`, `offline`, or None when it never said."""
        status = await self._client.hget(keys.node(name), "status")
        return status.decode() if status else None

    async def set_status(self, name: str, status: str, at: float) -> None:
        """Note `online` or `offline`, since when (Unix seconds)."""
        await self._note(name, at, {"status": status, "status_since": f"{at:.3f}"})

    async def set_info(self, name: str, info: str, at: float) -> None:
        """Note what a node says of itself (JSON)."""
        await self._note(name, at, {"info": info})

    async def seen(self, name: str, at: float) -> None:
        """Note that something came from the node."""
        await self._note(name, at, {})

    async def remove(self, name: str) -> bool:
        """Forget a node; whether it was known."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.srem(keys.NODES, name)
            pipe.delete(keys.node(name))
            removed, _ = await pipe.execute()
        return bool(removed)

    async def count_rejected(self, name: str) -> None:
        """One more refused image; of known nodes only, so that made-up names leave no trace."""
        if await self._client.exists(keys.node(name)):
            await self._client.hincrby(keys.node(name), "rejected", 1)

    async def set_silent(self, name: str, silent: bool) -> None:
        """Remember whether the node was announced as silent."""
        if silent:
            await self._client.hset(keys.node(name), "silent", "1")
        else:
            await self._client.hdel(keys.node(name), "silent")

    async def _note(self, name: str, at: float, values: Mapping[str, str]) -> None:
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.sadd(keys.NODES, name)
            pipe.hset(keys.node(name), mapping={**values, "last_seen": f"{at:.3f}"})
            await pipe.execute()


async def image_counts(client: Client) -> dict[str, int]:
    """How many images each node has ever had stored."""
    names = sorted(name.decode() for name in await client.smembers(keys.NODES))
    async with client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.hget(keys.node(name), "images")
        answers = await pipe.execute() if names else []
    return {name: int(count) for name, count in zip(names, answers, strict=True) if count}


def _as_json(name: str, answer: Mapping[bytes, bytes]) -> dict[str, Any]:
    node: dict[str, Any] = {"node": name}
    for raw_key, raw_value in answer.items():
        key, value = raw_key.decode(), raw_value.decode(errors="replace")
        if key in _OURS:
            continue
        if key in _FLOATS:
            node[key] = float(value)
        elif key in _WHOLE:
            node[key] = int(value)
        elif key in _JSON:
            node[key] = json_or_none(value)
        else:
            node[key] = value
    node["silent"] = node.get("silent") == "1"
    return node
