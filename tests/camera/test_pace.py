"""A link so slow that a picture would take hours: it is made smaller, and that is told."""

from pathlib import Path

import pytest

from lookout.host.settings import Broker
from services.camera.outbox.pace import MOST_BROKEN, Pace
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.proxy import Proxy
from tests.support.servers import BrokerServer
from tests.support.waiting import eventually

HOUR = 3600.0


def sent(pace: Pace, rate: float, size: int, *, seconds: int, connects: int = 1) -> int | None:
    """What is said of a picture that has been on its way for so long."""
    pace.begin(0, 0, 1)
    for second in range(5, seconds + 1, 5):
        so_far = 1 + (connects - 1) * second // seconds
        if (most := pace.judge(second, round(rate * second), so_far, size)) is not None:
            return most
    return None


def test_a_picture_that_gets_there_within_the_hour_is_left_alone() -> None:
    pace = Pace(HOUR)
    assert sent(pace, rate=15_000, size=1_400_000, seconds=90) is None
    pace.arrived(93, 1_400_000)
    assert pace.most > 1_400_000


def test_a_picture_that_would_take_hours_is_made_as_small_as_half_an_hour_takes() -> None:
    pace = Pace(HOUR)
    assert sent(pace, rate=100, size=1_400_000, seconds=90) == 180_000
    assert pace.most == 360_000


def test_a_modem_that_takes_all_at_once_is_seen_through_after_the_hour() -> None:
    pace = Pace(HOUR)
    pace.begin(0, 0, 1)
    assert pace.judge(HOUR - 1, 1_400_000, 1, 1_400_000) is None
    assert pace.judge(HOUR, 1_400_000, 1, 1_400_000) == 350_000


def test_nothing_is_judged_in_the_first_minute() -> None:
    assert sent(Pace(HOUR), rate=0, size=1_400_000, seconds=55) is None


def test_a_link_that_breaks_under_a_picture_again_and_again_gets_a_smaller_one() -> None:
    broken = 1 + MOST_BROKEN
    assert sent(Pace(HOUR), rate=5_000, size=1_400_000, seconds=300, connects=broken) == 700_000
    assert sent(Pace(HOUR), rate=5_000, size=1_400_000, seconds=300, connects=2) is None


def test_a_fast_picture_ends_what_a_slow_one_said() -> None:
    pace = Pace(HOUR)
    sent(pace, rate=100, size=1_400_000, seconds=90)
    pace.begin(100, 0, 1)
    pace.arrived(101, 100_000)
    assert pace.most == float("inf")


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_over_a_link_of_three_kilobytes_a_second_a_smaller_picture_arrives(
    hub: Hub, broker: BrokerServer, data: Path
) -> None:
    from tests.camera.test_packet_limit import large_jpeg

    class Large(RecordingSource):
        async def capture(self, quality: int):  # type: ignore[no-untyped-def]
            from dataclasses import replace

            return replace(await super().capture(quality), jpeg=large_jpeg())

    async with Proxy(broker.port) as link:
        url = broker.url("garden").replace(str(broker.port), str(link.port))
        settings = node_settings(
            Broker(url=url, keepalive=5), data, capture={"interval": 3600}, spool={"longest": 60}
        )
        async with running_node(settings, Large()):
            await hub.first("info")
            link.slow(rate=3_000)
            await eventually(lambda: hub.fired("link_slow"), 200)
            await link.mend()
            await eventually(lambda: hub.images, 60)
    meta = hub.images[0].meta
    assert meta is not None and meta["refit_scale"]
