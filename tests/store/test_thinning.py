"""Older images are thinned out: the first of each minute, hour or day stays."""

import random
from collections.abc import Sequence

import pytest
from pydantic import TypeAdapter

from lookout.store.client import Client
from lookout.store.retention import keeping
from lookout.store.retention.removal import Victim, carry_out
from lookout.store.retention.rules import Retention
from lookout.store.retention.thinning import Thin, ThinStep, to_thin
from tests.support.many import left, stored

MINUTE, HOUR, DAY = 60, 3600, 86_400
NOW = 1_795_000_020.5  # in the midst of a minute
STEPS: Sequence[ThinStep] = TypeAdapter(Thin).validate_python("1d:1m,7d:1h,30d:1d")


async def thin(client: Client, node: str = "garden", now: float = NOW) -> int:
    """Thin once: how many have gone."""
    return (await carry_out(client, to_thin(client, node, STEPS, now)))[0]


async def plan(client: Client, now: float = NOW) -> list[Victim]:
    return [each async for group in to_thin(client, "garden", STEPS, now) for each in group]


def expected(times: Sequence[float]) -> set[str]:
    """The ids that stay, by the plainest reckoning."""
    first: dict[tuple[int, float], float] = {}
    for at in sorted(times):
        rule = max((n for n, step in enumerate(STEPS) if NOW - at > step.age), default=-1)
        bucket = at if rule < 0 else at // STEPS[rule].every
        first.setdefault((rule, bucket), at)
    return {f"garden:{round(at * 1000)}" for at in first.values()}


@pytest.mark.parametrize("seed", range(3))
async def test_what_stays_is_the_first_of_each_step(client: Client, seed: int) -> None:
    source = random.Random(seed)
    bursts = [source.uniform(0, 40 * DAY) for _ in range(60)]
    ages = {round(burst + source.expovariate(1 / HOUR), 3) for burst in bursts for _ in range(30)}
    times = [round(NOW - age, 3) for age in ages]
    await stored(client, "garden", times)
    planned = await plan(client)
    assert [victim.id for victim in planned] == sorted(victim.id for victim in planned)
    assert await thin(client) == len(planned) == len(times) - len(expected(times))
    assert await left(client, "garden") == expected(times)
    assert await thin(client) == 0, "doing it again changes nothing"


async def test_the_young_stay_all_and_what_was_thinned_once_is_thinned_more_with_age(
    client: Client,
) -> None:
    start = NOW - NOW % DAY
    ids = await stored(
        client, "garden", [start + number * 10 for number in range(720)]
    )  # two hours
    assert await thin(client, now=start + DAY) == 0
    await thin(client, now=start + 2 * DAY)
    assert await left(client, "garden") == set(ids[::6])
    await thin(client, now=start + 8 * DAY)
    assert await left(client, "garden") == set(ids[::360])
    await thin(client, now=start + 32 * DAY)
    assert await left(client, "garden") == {ids[0]}


async def test_who_asked_for_an_image_and_who_keeps_one_finds_it_again(client: Client) -> None:
    old = NOW - 3 * DAY
    triggers = (None, "interval", "schedule", "start", "command", "motion", "gpio", "doorbell")
    ids = {}
    for number, trigger in enumerate(triggers):
        times = [old + number / 10, old + 5 + number / 10]
        ids[trigger] = await stored(client, "garden", times, trigger=trigger)
    kept = ids["interval"][1]
    await keeping.keep(client, kept)
    await thin(client)
    asked = {each for trigger in triggers[4:] for each in ids[trigger]}
    assert await left(client, "garden") == {ids[None][0], kept, *asked}


async def test_other_nodes_are_left_alone_and_each_has_its_own_first(client: Client) -> None:
    for node in ("garden", "barn"):
        await stored(client, node, [NOW - 2 * DAY + number for number in range(5)])
    await thin(client, "barn")
    assert (len(await left(client, "garden")), len(await left(client, "barn"))) == (5, 1)


async def test_what_comes_late_is_thinned_too(client: Client) -> None:
    old = NOW - 2 * DAY
    (first,) = await stored(client, "garden", [old])
    await thin(client)
    await stored(client, "garden", [old + 1])
    assert await thin(client) == 1
    assert await left(client, "garden") == {first}


async def test_nothing_is_thinned_without_steps_or_images(client: Client) -> None:
    assert Retention().thin == ()
    assert await thin(client, "nobody") == 0
