"""What may happen to a part of the system, and its end."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from lookout.bus.session import Session
from lookout.embedded.child import Child
from lookout.host.settings import Broker
from lookout.store.client import Client
from tests.support.fake_clock import FakeClock
from tests.support.power import Left, PowerCut, flipped, old_bytes, zeros
from tests.support.power import nothing as nothing_left
from tests.support.proxy import Proxy
from tests.support.servers import BrokerServer, Server
from tests.support.small_disk import SmallDisk

Step = Callable[[], Awaitable[None]]

TINY_QUEUES = """\
max_queued_messages 4
max_queued_bytes 20000
max_inflight_messages 1
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that `begin` breaks and `end` mends.

    `alone`: never together with another one. `removes`: ingest takes old pictures out meanwhile.
    """

    part: str
    kind: str
    begin: Step
    end: Step
    alone: bool = False
    removes: bool = False

    @property
    def name(self) -> str:
        return f"{self.part} {self.kind}"


@dataclass(frozen=True, slots=True)
class Round:
    """Faults that overlap, and how many captures long they last."""

    faults: list[Fault]
    captures: int


def of_server(part: str, server: Server) -> list[Fault]:
    """A server that is stopped in order, killed, or hangs for a while."""
    return [
        Fault(part, "stopped", server.stop, server.start),
        Fault(part, "killed", server.kill, server.start),
        Fault(part, "frozen", at_once(server.freeze), at_once(server.thaw)),
    ]


def of_broker(part: str, broker: BrokerServer, memory: Path) -> list[Fault]:
    """A broker that forgets everything, or that holds next to nothing for who is away."""

    async def forget() -> None:
        await broker.stop()
        memory.unlink()

    async def again(more: str) -> None:
        await broker.stop()
        broker.configure(more)
        await broker.start()

    return [
        *of_server(part, broker),
        Fault(part, "without its memory", forget, broker.start),
        Fault(part, "with tiny queues", lambda: again(TINY_QUEUES), lambda: again("")),
    ]


def of_service(part: str, child: Child) -> list[Fault]:
    """A process that is stopped, killed, hangs for a while, or is started anew."""
    start = at_once(child.start)

    async def stop() -> None:
        await child.stop(12)

    async def restart() -> None:
        await stop()
        child.start()

    return [
        Fault(part, "stopped", stop, start),
        Fault(part, "killed", child.kill, start),
        Fault(part, "frozen", at_once(child.signal, SIGSTOP), at_once(child.signal, SIGCONT)),
        Fault(part, "restarted", restart, nothing),
    ]


def of_link(part: str, link: Proxy) -> list[Fault]:
    """A network that is late, narrow, swallows everything, or breaks."""

    async def delay() -> None:
        link.slow(latency=0.3)

    async def narrow() -> None:
        link.slow(rate=20_000)  # bytes a second, four pictures or so

    return [
        Fault(part, "delayed", delay, link.mend),
        Fault(part, "throttled", narrow, link.mend),
        Fault(part, "stalled", at_once(link.stall), link.mend),
        Fault(part, "cut", link.cut, link.mend),
    ]


def of_disk(part: str, disk: SmallDisk, *, alone: bool = False) -> list[Fault]:
    """A disk that takes not a byte more.

    A camera's is full alone: it holds some pictures in memory, as long as the hub takes them.
    """
    return [Fault(part, "disk full", at_once(disk.fill), at_once(disk.free), alone)]


def of_power(part: str, power: PowerCut) -> list[Fault]:
    """A power cut; alone, because Redis must answer to begin it."""

    def back(left: Left) -> Step:
        return lambda: power.back(left)

    kinds = {
        "power cut": nothing_left,
        "cut to zeros": zeros,
        "cut to old bytes": old_bytes,
        "cut to flipped bits": flipped,
    }
    return [
        Fault(part, kind, power.before_the_cut, back(left), alone=True)
        for kind, left in kinds.items()
    ]


def of_memory(part: str, client: Client) -> list[Fault]:
    """A Redis at its `maxmemory`, whatever ingest takes out to make room."""

    async def limit(maxmemory: int, policy: str) -> None:
        await client.config_set("maxmemory-policy", policy)
        await client.config_set("maxmemory", maxmemory)

    async def begin() -> None:
        await limit(1, "noeviction")  # one byte: no room can be made

    async def end() -> None:
        await limit(0, "volatile-ttl")

    return [Fault(part, "at maxmemory", begin, end, alone=True, removes=True)]


def of_clock(part: str, clock: FakeClock, *, wrong: dict[str, float]) -> list[Fault]:
    """A clock that is set wrong, then right, while captures run; seconds ahead by their names."""
    right = at_once(clock.set, 0.0)
    return [
        Fault(part, f"clock {name}", at_once(clock.set, ahead), right)
        for name, ahead in wrong.items()
    ]


def of_name(part: str, broker: Broker, client_id: str) -> list[Fault]:
    """Somebody else with the same name: each throws the other out."""
    others: list[Session] = []

    async def come() -> None:
        others.append(Session(broker, client_id))
        await others[-1].__aenter__()

    async def go() -> None:
        await others.pop().__aexit__(None, None, None)

    return [Fault(part, "two of one name", come, go)]


def drawn(
    seed: int, faults: list[Fault], rounds: int, lengths: tuple[int, ...], words: str = ""
) -> list[Round]:
    """The same rounds for the same seed: each fault in turn, in random order, some with another.

    `words` such as `clock|two of` choose those that are taken in turn, by a part of their names.
    """
    chance = random.Random(seed)
    wanted = [each for each in faults if any(word in each.name for word in words.split("|"))]
    deck: list[Fault] = []
    plan = []
    for _ in range(rounds):
        deck = deck or chance.sample(wanted, len(wanted))
        plan.append(Round(_with_another(chance, deck.pop(), faults), chance.choice(lengths)))
    return plan


def _with_another(chance: random.Random, first: Fault, faults: list[Fault]) -> list[Fault]:
    others = [each for each in faults if each.part != first.part and not each.alone]
    if first.alone or chance.random() > 0.35:
        return [first]
    return [first, chance.choice(others)]


def at_once(action: Callable[..., None], *arguments: object) -> Step:
    """A plain function as a step."""

    async def step() -> None:
        action(*arguments)

    return step


async def nothing() -> None:
    """It mended itself."""
