"""Rounds of faults in random order: after each of them every capture is stored exactly once.

The seed is printed. LOOKOUT_TEST_SEED repeats a run, LOOKOUT_TEST_ROUNDS sets its length,
LOOKOUT_TEST_REPORT names a file for the report as JSON.
"""

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.faults import drawn
from tests.faults.report import Report
from tests.faults.rounds import every_fault, harness
from tests.faults.system import running_system

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the record of captures comes from Linux' inotify"
)
SHORT = (8, 12)  # captures that a fault lasts, ten a second
LONG = (8, 12, 16, 16, 24, 120)  # the last: longer than every keepalive and time-out


Tell = Callable[[Report], None]


async def survive(folder: Path, rounds: int, lengths: tuple[int, ...], tell: Tell) -> None:
    """Play that many rounds, and report."""
    seed = int(os.environ.get("LOOKOUT_TEST_SEED", random.randrange(1_000_000)))
    rounds = int(os.environ.get("LOOKOUT_TEST_ROUNDS", rounds))
    print(f"LOOKOUT_TEST_SEED={seed}")
    async with running_system(folder) as system, harness(system, seed) as playing:
        try:
            words = os.environ.get("LOOKOUT_TEST_FAULTS", "")
            await playing.play(drawn(seed, every_fault(system), rounds, lengths, words))
        finally:
            tell(playing.report)


@pytest.mark.timeout(300)
async def test_a_few_random_faults_lose_and_double_nothing(tmp_path: Path, tell: Tell) -> None:
    await survive(tmp_path, 1, SHORT, tell)


@pytest.mark.slow
@pytest.mark.timeout(5400)
async def test_a_hundred_random_faults_lose_and_double_nothing(tmp_path: Path, tell: Tell) -> None:
    await survive(tmp_path, 100, LONG, tell)
