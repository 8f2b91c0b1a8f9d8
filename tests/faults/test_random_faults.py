"""Rounds of faults in random order: after all of them every capture is stored exactly once.

The seed is printed; LOOKOUT_TEST_SEED repeats a run, LOOKOUT_TEST_ROUNDS sets its length.
"""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.child import Child
from lookout.host.settings import Broker
from tests.faults.faults import Fault, drawn, of_server, of_service
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.servers import BrokerServer, StoreServer
from tests.support.stored import nothing_lost_nothing_doubled
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
Start = Callable[..., Child]
NODES = ("garden", "barn")
RECOVERY = 120.0  # seconds


@pytest.fixture
async def sources(mqtt_settings: Settings, data: Path) -> AsyncIterator[list[RecordingSource]]:
    """Two nodes that capture five times a second; each knows what it took."""
    async with AsyncExitStack() as stack:
        sources = [RecordingSource(name=node) for node in NODES]
        for node, source in zip(NODES, sources, strict=True):
            settings = node_settings(
                mqtt_settings(node), data, node=node, capture={"interval": 0.2}
            )
            await stack.enter_async_context(running_node(settings, source))
        yield sources


async def one_round(faults: list[Fault], sources: list[RecordingSource]) -> None:
    """Break, let the cameras take more pictures, mend, and again."""
    for fault in faults:
        await fault.begin()
    await more(sources, 4)
    for fault in faults:
        await fault.end()
    await more(sources, 4)


async def more(sources: list[RecordingSource], number: int) -> None:
    goals = [len(source.taken) + number for source in sources]
    await eventually(
        lambda: all(len(s.taken) >= goal for s, goal in zip(sources, goals, strict=True)), 30
    )


async def survive(
    rounds: int,
    faults: list[Fault],
    sources: list[RecordingSource],
    client: Any,
) -> str:
    """Play the rounds, compare, and report."""
    seed = int(os.environ.get("LOOKOUT_TEST_SEED", random.randrange(1_000_000)))
    rounds = int(os.environ.get("LOOKOUT_TEST_ROUNDS", rounds))
    print(f"LOOKOUT_TEST_SEED={seed}")
    plan = drawn(seed, faults, rounds)
    for number, chosen in enumerate(plan):
        print(f"round {number + 1}: {', '.join(fault.name for fault in chosen)}")
        await one_round(chosen, sources)
    for source in sources:
        source.failing = "enough"
    await eventually(lambda: nothing_lost_nothing_doubled(client, *sources), RECOVERY)
    kinds = Counter(fault.name for chosen in plan for fault in chosen)
    taken = sum(len(source.taken) for source in sources)
    return f"seed {seed}, {rounds} rounds, {dict(kinds)}, {taken} captures, lost 0, doubled 0"


@pytest.fixture
def faults(broker: BrokerServer, redis_server: StoreServer, service: Start) -> list[Fault]:
    return [
        *of_server("broker", broker),
        *of_server("redis", redis_server),
        *of_service("ingest", service("ingest")),
    ]


@pytest.mark.timeout(300)
async def test_a_few_random_faults_lose_and_double_nothing(
    faults: list[Fault], sources: list[RecordingSource], client: Any
) -> None:
    print(await survive(5, faults, sources, client))


@pytest.mark.slow
@pytest.mark.timeout(3000)
async def test_a_hundred_random_faults_lose_and_double_nothing(
    faults: list[Fault], sources: list[RecordingSource], client: Any
) -> None:
    print(await survive(100, faults, sources, client))
