"""How full Redis is, and what it threw out to make room."""

from dataclasses import dataclass

from lookout.store.client import Client


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes used, bytes allowed (0: no limit), and keys evicted since the server's start."""

    used: int
    limit: int
    evicted: int

    @property
    def share(self) -> float:
        """How much of the limit is used, 0 to 1; 0 where there is no limit."""
        return self.used / self.limit if self.limit else 0.0


async def memory(client: Client) -> Memory:
    """What the server says of its memory."""
    info, stats = await client.info("memory"), await client.info("stats")
    return Memory(
        used=int(info["used_memory"]),
        limit=int(info.get("maxmemory", 0)),
        evicted=int(stats["evicted_keys"]),
    )
