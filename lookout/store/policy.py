"""Whether Redis evicts the right things when it is full: checked when a service starts."""

from lookout.store.client import Client

RIGHT = "volatile-ttl"
_WHAT_HAPPENS = {
    "allkeys": "when it is full it throws out anything: what is known of the nodes, and pictures "
    "that somebody keeps for good",
    "volatile": "when it is full it throws out pictures without regard to how old they are",
    "noeviction": "when it is full it takes nothing more, so everything waits until there is room",
}


async def advice(client: Client) -> str:
    """What is wrong with the policy, and what to do; empty when it is right. Raises a StoreError.

    From INFO, which also those may ask who may not see the configuration.
    """
    info = await client.info("memory")
    limit, policy = int(info.get("maxmemory", 0)), str(info.get("maxmemory_policy", RIGHT))
    if not limit or policy == RIGHT:
        return ""
    happens = _WHAT_HAPPENS.get(policy.partition("-")[0], "we do not know what it throws out")
    return (
        f"Redis' maxmemory-policy is {policy}: {happens}. Set maxmemory-policy to {RIGHT} (in "
        "redis.conf, or with CONFIG SET): what would expire soonest goes first."
    )
