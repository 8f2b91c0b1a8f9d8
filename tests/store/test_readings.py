"""Readings in buckets: average, least and most, whatever the server's limit."""

import random
from statistics import mean

import pytest

from lookout.store.client import Client
from lookout.store.readings import Readings

START = 1_795_000_000.0
COUNT = 20_000


async def test_people_are_a_metric_by_the_images_that_were_looked_at(client: Client) -> None:
    for number, people in enumerate(("0", "2", "1", None)):
        at = START + number
        fields = {"node": "barn", "timestamp": f"{at:.3f}", "lux": "9"}
        seen = {} if people is None else {"people": people}
        await client.hset(f"image:barn:{round(at * 1000)}", mapping=fields | seen)
    hour = START // 3600 * 3600
    asked = {"since": hour, "until": hour + 3600, "width": 3600.0}
    told = await Readings(client).buckets("barn", "people", **asked)
    assert told == [{"timestamp": hour, "average": 1.0, "least": 0.0, "most": 2.0, "count": 3.0}]
    assert await Readings(client).buckets("barn", "lux", **asked) == []


@pytest.mark.parametrize("width", [1.0, 600.0, 1_000_000.0])
async def test_buckets_are_made_of_all_readings_however_many_there_are(
    client: Client, width: float
) -> None:
    await client.execute_command("FT.CONFIG", "SET", "TIMEOUT", 1)
    source = random.Random(1)
    kept = {
        round(START + number * 1.7, 3): round(source.uniform(-5, 5), 2) for number in range(COUNT)
    }
    async with client.pipeline(transaction=False) as pipe:
        for at, value in kept.items():
            fields = {"node": "barn", "timestamp": f"{at:.3f}", "wind": value}
            pipe.hset(f"reading:barn:{round(at * 1000)}", mapping=fields)
        await pipe.execute()
    until = START + (COUNT if width > 1 else 3_000)
    expected: dict[float, list[float]] = {}
    for at, value in kept.items():
        if START <= at <= until:
            expected.setdefault(at // width * width, []).append(value)
    found = await Readings(client).buckets("barn", "wind", since=START, until=until, width=width)
    assert [(each["timestamp"], each["count"]) for each in found] == [
        (bucket, len(values)) for bucket, values in expected.items()
    ]
    for each, values in zip(found, expected.values(), strict=True):
        assert each["average"] == pytest.approx(mean(values))
        assert (each["least"], each["most"]) == (min(values), max(values))
