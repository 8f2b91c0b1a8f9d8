"""What each rule would remove now; made of the very plans that the rules carry out."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from lookout.store import keys
from lookout.store.client import Client
from lookout.store.memory import memory
from lookout.store.retention.plans import over_cap, to_free
from lookout.store.retention.removal import GROUP, Plan, Victim
from lookout.store.retention.room import of_other_kinds
from lookout.store.retention.rules import Retention
from lookout.store.retention.thinning import to_thin
from lookout.store.retention.usage import node_names

Rule = Literal["expire", "cap", "thin", "room"]
Victims = Mapping[str, Sequence[Victim]]  # by node
Forecast = Mapping[Rule, Victims]


async def forecast(
    client: Client, rules: Retention, *, now: float, within: float, free: int = 0
) -> Forecast:
    """Each rule by itself, as if there were no other: who would lose what.

    `expire` is what ends its life within so many seconds; `room` is what goes to free so many
    bytes, or to get below the low mark if that is more. `now` is in Unix seconds.
    """
    need = max(free, rules.shortage(await memory(client)))
    nodes = await node_names(client)
    others = sum(each.bytes for each in await of_other_kinds(client, rules, need))
    return {
        "expire": await _by_node(expiring(client, within)),
        "cap": await _each(nodes, lambda node: over_cap(client, rules, node)),
        "thin": await _each(nodes, lambda node: to_thin(client, node, rules.thin, now)),
        "room": await _by_node(to_free(client, need - others)),
    }


async def expiring(client: Client, within: float) -> Plan:
    """The images that expire within so many seconds, in no order."""
    group: list[bytes] = []
    async for key in client.scan_iter(f"{keys.IMAGE_PREFIX}*", count=1000):
        group.append(key)
        if len(group) >= GROUP:
            yield await _expiring(client, group, within)
            group = []
    yield await _expiring(client, group, within)


async def _expiring(client: Client, found: Sequence[bytes], within: float) -> list[Victim]:
    async with client.pipeline(transaction=False) as pipe:
        for key in found:
            pipe.pttl(key).hget(key, "size")
        answers = await pipe.execute()
    return [
        Victim(key.decode().removeprefix(keys.IMAGE_PREFIX), int(size or 0))
        for key, life, size in zip(found, answers[::2], answers[1::2], strict=True)
        if 0 <= life <= within * 1000
    ]


async def _each(nodes: Sequence[str], plan: Callable[[str], Plan]) -> Victims:
    found: dict[str, list[Victim]] = {}
    for node in nodes:
        found |= await _by_node(plan(node))
    return found


async def _by_node(plan: Plan) -> dict[str, list[Victim]]:
    found: defaultdict[str, dict[str, Victim]] = defaultdict(dict)  # SCAN may name one twice
    async for group in plan:
        for victim in group:
            found[victim.id.partition(":")[0]][victim.id] = victim
    return {node: list(victims.values()) for node, victims in found.items()}
