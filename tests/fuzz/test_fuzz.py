"""200,000 messages and requests, half of them noise, half valid ones that were changed.

LOOKOUT_TEST_SEED repeats a run, LOOKOUT_TEST_MESSAGES sets its length.
"""

import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from lookout.store.client import Client
from tests.fuzz.attack import Run
from tests.fuzz.attacks_web import ENDPOINTS
from tests.fuzz.findings import Findings
from tests.fuzz.good import sending
from tests.fuzz.plan import Plan
from tests.fuzz.system import CAMERAS, System, make_system
from tests.support.waiting import eventually

pytestmark = pytest.mark.fuzz
LENGTH = 200_000
MAY_GROW = 64.0  # MiB from a tenth of the run to its end: allocators keep some of what they had
SPOOL_SECONDS = 60.0


@pytest.mark.timeout(3600)
async def test_nothing_that_arrives_can_stop_a_service(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("LOOKOUT_TEST_SEED", random.randrange(1_000_000)))
    length = int(os.environ.get("LOOKOUT_TEST_MESSAGES", LENGTH))
    print(f"LOOKOUT_TEST_SEED={seed}")
    system = make_system(tmp_path)
    try:
        await system.start()
        async with sending(system) as good:
            images = await some_images(good.client)
            run = Run(system, Plan(seed, length, images), good, Findings(system))
            pids = dict(system.pids)
            began = time.monotonic()
            await run.attack()
            seconds = time.monotonic() - began
            run.weigh()
            report = told(run, seed, seconds)
            record_property("report", report)
            print(report)
            assert not run.findings.found, f"\n{run.findings}"
            assert system.pids == pids
            await good.everything()
            await good.healthy()
            await good.findable()
            await nothing_left_in_spools(system)
            assert_memory_is_bounded(run)
    finally:
        await system.stop()


async def some_images(client: Client) -> tuple[str, ...]:
    """Ids of pictures that the cameras have sent by now, and some that are none."""

    async def there() -> list[str]:
        entries = await client.xrange("images", count=12)
        found = [fields[b"id"].decode() for _, fields in entries]
        return found if len(found) >= len(CAMERAS) else []

    return (*await eventually(there, 60), "garden:1", "garden:" + "9" * 15, "x", "hub:1")


async def nothing_left_in_spools(system: System) -> None:
    """Everything that cameras took is confirmed, or taken just now."""
    for name in CAMERAS:
        folder = system.folder / "data" / "spool" / name
        for pattern in ("*.damaged", "*.writing", "*.tmp"):
            assert not list(folder.glob(pattern)), name
        await eventually(partial(is_nearly_empty, folder), SPOOL_SECONDS)


def is_nearly_empty(spool: Path) -> bool:
    return len(list(spool.glob("*.capture"))) <= 2


def assert_memory_is_bounded(run: Run) -> None:
    for name, (early, *_, end) in run.memory.items():
        assert end - early <= MAY_GROW, f"{name}: {early:.0f} MiB at a tenth, {end:.0f} at the end"


def told(run: Run, seed: int, seconds: float) -> str:
    memory = ", ".join(f"{name} {' '.join(f'{each:.0f}' for each in values)}"
                       for name, values in run.memory.items())  # fmt: skip
    return (
        f"seed {seed}: {run.count} messages and requests in {seconds:.0f} s, "
        f"{len(run.good.sent)} good images, {run.cuts} connections cut by the broker, "
        f"{len(ENDPOINTS)} addresses, answers {dict(sorted(run.statuses.items()))}\n"
        f"memory in MiB at 10 %, 50 % and the end: {memory}\n"
        f"{len(run.findings.found)} findings\n{run.findings}"
    )
