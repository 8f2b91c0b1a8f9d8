"""What may happen to a part of the system, and its end."""

import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lookout.embedded.child import Child
from tests.support.servers import Server


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that `begin` breaks and `end` mends."""

    name: str
    begin: Callable[[], Awaitable[None]]
    end: Callable[[], Awaitable[None]]


def of_server(name: str, server: Server) -> list[Fault]:
    """A server that is stopped in order, or killed."""
    return [
        Fault(f"{name} stopped", server.stop, server.start),
        Fault(f"{name} killed", server.kill, server.start),
    ]


def of_service(name: str, child: Child) -> list[Fault]:
    """A service that is stopped, killed, or hangs for a while."""

    async def start() -> None:
        child.start()

    async def stop() -> None:
        await child.stop(12)

    async def freeze() -> None:
        child.signal(signal.SIGSTOP)

    async def thaw() -> None:
        child.signal(signal.SIGCONT)

    return [
        Fault(f"{name} stopped", stop, start),
        Fault(f"{name} killed", child.kill, start),
        Fault(f"{name} frozen", freeze, thaw),
    ]


def drawn(seed: int, faults: list[Fault], rounds: int) -> list[list[Fault]]:
    """For each round one or two faults of different parts, the same for the same seed."""
    chance = random.Random(seed)
    return [_some(chance, faults) for _ in range(rounds)]


def _some(chance: random.Random, faults: list[Fault]) -> list[Fault]:
    first = chance.choice(faults)
    others = [each for each in faults if each.name.split()[0] != first.name.split()[0]]
    return [first, *chance.sample(others, chance.choice((0, 0, 1)))]
