"""The servers that hold a copy of this one."""

from lookout.store.client import Client


async def replicas_in_touch(client: Client) -> int:
    """How many replicas follow the server and have caught up."""
    info = await client.info("replication")
    found = (info.get(f"slave{number}") for number in range(int(info["connected_slaves"])))
    return sum(isinstance(each, dict) and each.get("state") == "online" for each in found)
