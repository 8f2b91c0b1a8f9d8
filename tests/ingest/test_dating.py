"""When a picture was taken, by whichever clock can be right; the hub's own clock in doubt."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lookout.contract.images import ImageMeta
from lookout.contract.readings import parse_reading
from lookout.host.clock import boot_id, steady
from lookout.store.errors import StoreAway
from lookout.store.retention.rules import Retention
from services.ingest.dating import date, set_since, with_skew_of_now
from services.ingest.hubclock import CALM_SECONDS, HubClock
from services.ingest.settings import Ingest, IngestSettings
from services.ingest.upkeep import Keeper

NEEDED = ("check", "tell", "follow", "look")  # of the steps that are not asked
NOW = 1_795_000_000.0
DAY = 86_400.0
LIMITS = Ingest()


def meta(**said: Any) -> ImageMeta:
    return ImageMeta(id="garden:1795000000000", **said)


def test_a_sender_whose_clock_can_be_right_is_believed() -> None:
    dated = date(meta(timestamp=NOW - 3 * DAY), LIMITS, NOW)
    assert (dated.timestamp, dated.by) == (NOW - 3 * DAY, "node")


@pytest.mark.parametrize("said", [5.0, NOW + 400 * DAY, NOW * 1000])
def test_a_clock_that_cannot_be_right_is_kept_beside_ours(said: float) -> None:
    dated = date(meta(timestamp=said, age=90.0), LIMITS, NOW)
    assert (dated.timestamp, dated.by, dated.node_time) == (NOW - 90, "hub", said)


@pytest.mark.parametrize("said", ["1e308", "-1e200"])
def test_what_is_no_time_at_all_counts_as_not_said(said: str) -> None:
    told = ImageMeta.from_properties({"timestamp": said, "age": "1e300", "skew": said})
    dated = date(told, LIMITS, NOW)
    assert (dated.timestamp, dated.by, dated.node_time) == (NOW, "hub", None)
    assert parse_reading(b'{"timestamp": %s, "lux": 1}' % said.encode()).timestamp is None


@pytest.mark.parametrize("skew", [-3 * DAY, -3600.0, 400 * DAY])
def test_a_node_that_knows_its_skew_is_dated_by_it(skew: float) -> None:
    dated = date(meta(timestamp=NOW - 500 + skew, skew=skew), LIMITS, NOW)
    assert (dated.timestamp, dated.by, dated.node_time) == (NOW - 500, "hub", NOW - 500 + skew)


def test_a_node_that_agrees_with_a_clock_in_doubt_is_dated_by_it() -> None:
    """Both were set back by an hour: it follows ours when that is mended."""
    dated = date(meta(timestamp=NOW - 5, skew=0.5), LIMITS, NOW, in_doubt=True)
    assert (dated.timestamp, dated.by, dated.node_time) == (NOW - 5.5, "hub", NOW - 5)
    unaware = date(meta(timestamp=NOW - DAY), LIMITS, NOW, in_doubt=True)
    assert (unaware.timestamp, unaware.by) == (NOW - DAY, "node"), "it knows nothing of clocks"


@pytest.mark.parametrize("skew", [0.5, -3 * DAY])
def test_what_was_measured_before_the_hub_was_started_follows_no_setting_of_it_now(
    skew: float,
) -> None:
    """A picture that waited in a spool: the clock that it was measured by was another one."""
    told = meta(timestamp=NOW - DAY + skew, skew=skew, skew_by="another:1000.000")
    dated = date(told, LIMITS, NOW, in_doubt=True)
    assert dated.timestamp == pytest.approx(NOW - DAY, abs=1)
    assert dated.hub_clock in {None, "another:1000.000"}


def test_a_skew_that_says_what_cannot_be_gives_way_to_the_age() -> None:
    """Our clock was set back since the node heard of it."""
    dated = date(meta(timestamp=NOW, skew=-400 * DAY, age=7.0), LIMITS, NOW)
    assert (dated.timestamp, dated.by) == (NOW - 7, "hub")


@pytest.mark.parametrize("step", [-3600.0, 400 * DAY])
def test_a_skew_that_was_measured_before_our_clock_was_set_is_taken_by_its_setting(
    step: float,
) -> None:
    before = f"{boot_id()}:{NOW - steady() - step:.3f}"
    known = with_skew_of_now(meta(timestamp=NOW - step - 20, skew=0.5, skew_by=before), NOW)
    assert known.skew == pytest.approx(0.5 - step, abs=1)
    assert date(known, LIMITS, NOW).timestamp == pytest.approx(NOW - 20, abs=1)
    another = f"another:{NOW - steady() - step:.3f}"
    assert with_skew_of_now(meta(skew=0.5, skew_by=another), NOW).skew == 0.5


def test_without_any_word_of_time_it_is_now_and_ours() -> None:
    dated = date(ImageMeta(), LIMITS, NOW)
    assert (dated.timestamp, dated.by, dated.node_time) == (NOW, "hub", None)


def test_our_clock_tells_by_how_much_it_was_set_unless_the_computer_was_started() -> None:
    assert set_since("abc:1000.5", "abc:4600.5") == 3600
    assert set_since("abc:1000.5", "def:4600.5") is None
    assert set_since("", "def:4600.5") is None


@dataclass
class Clocks:
    """A hub's clock for tests; `ahead` is what somebody set it to."""

    ran: float = 50.0
    ahead: float = 0.0
    hub: HubClock = field(init=False)

    def watch(self, floor: float = 0.0, ran_by: str = "") -> HubClock:
        self.hub = HubClock(
            LIMITS, wall=self.wall, steady=lambda: self.ran, floor=floor, ran_by=ran_by
        )
        return self.hub

    def wall(self) -> float:
        return NOW + self.ran + self.ahead

    def after(self, seconds: float, ahead: float = 0.0) -> str:
        """The reason for doubt after so long, with the clock set so much ahead now."""
        self.ran, self.ahead = self.ran + seconds, ahead
        return self.hub.look()


def test_a_clock_that_nobody_sets_is_trusted_slewing_included() -> None:
    clocks = Clocks()
    clocks.watch()
    assert not any(clocks.after(1, ahead=step * 0.5) for step in range(1000))


@pytest.mark.parametrize("step", [-3 * DAY, -3600, 3600, 400 * DAY])
def test_a_clock_that_was_set_is_in_doubt_until_it_is_set_back(step: float) -> None:
    clocks = Clocks()
    clocks.watch()
    assert f"{'forward' if step > 0 else 'back'} by" in clocks.after(1, ahead=step)
    assert clocks.after(300, ahead=step)
    assert not clocks.after(1, ahead=0)


async def test_nothing_is_removed_for_its_age_while_the_clock_is_in_doubt() -> None:
    clocks = Clocks()
    rules = Retention(cap_images=1, thin="1d:1m", roll_up="1d:1m")
    asked: list[str] = []

    class Redis:
        """Whoever asks it wants to remove something."""

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise StoreAway("no Redis")

    settings = IngestSettings(retention=rules)
    none, redis = cast(Any, SimpleNamespace(**dict.fromkeys(NEEDED))), cast(Any, Redis())
    keeper = Keeper(settings, redis, none, clocks.watch(), none, none, none)
    steps = [keeper.steps()[name][0] for name in ("caps", "thinning", "rollups")]
    assert clocks.after(1, ahead=-3600)
    for step in steps:
        await step()
    assert not asked
    assert not clocks.after(1, ahead=0)
    for step in steps:
        with pytest.raises(StoreAway):
            await step()


def test_a_clock_that_was_set_is_trusted_when_a_node_is_its_witness() -> None:
    clocks = Clocks()
    hub = clocks.watch()
    hub.heard("garden", 3600, "its setting")
    assert not clocks.after(1), "one alone is no reason for doubt"
    assert clocks.after(1, ahead=3600), "what was said before it was set does not count"
    hub.heard("garden", -0.1, "its setting")
    assert not clocks.after(1, ahead=3600)
    hub.heard("garden", 0.1, "its setting")
    assert not clocks.after(1, ahead=3600)
    assert clocks.after(1, ahead=0), "setting it back is setting it"


@pytest.mark.parametrize("setting", ["its setting", "another"])
def test_a_node_that_was_set_as_the_clock_was_is_no_witness(setting: str) -> None:
    clocks = Clocks()
    hub = clocks.watch()
    hub.heard("garden", 0.1 if setting == "its setting" else -3600, "its setting")
    assert clocks.after(1, ahead=-3600)
    for _ in range(3):
        hub.heard("garden", 0.1, setting)
        assert clocks.after(1, ahead=-3600)
        assert hub.is_doubtful()
    assert not clocks.after(1, ahead=0)


def test_a_clock_is_in_doubt_at_the_moment_at_which_it_is_set() -> None:
    clocks = Clocks()
    hub = clocks.watch()
    assert not hub.is_doubtful()
    clocks.ahead = -3600
    assert hub.is_doubtful()
    clocks.ahead = 0
    assert not hub.is_doubtful()


def test_a_clock_that_was_set_is_in_doubt_after_a_restart_of_the_service_too() -> None:
    clocks = Clocks()
    before = clocks.watch()
    ran_by = before.setting
    clocks.ahead = 400 * DAY
    assert "forward by 34560000 s" in clocks.watch(ran_by=ran_by).reason
    assert not clocks.after(1, ahead=0)


def test_nodes_that_began_with_the_hub_end_no_doubt_before_an_hour() -> None:
    """After a power cut all begin with an old time; they agree, and hear of the time later."""
    clocks = Clocks()
    hub = clocks.watch(floor=NOW + 3 * DAY)
    assert hub.is_doubtful(), "from the first picture on"
    for passed in (1, CALM_SECONDS - 2):
        hub.heard("garden", 0.0, "since its start")
        assert clocks.after(passed)
    hub.heard("garden", 0.0, "since its start")
    assert not clocks.after(2), "it was right, then, and what it said before was not"


def test_a_clock_that_was_set_is_trusted_after_an_hour() -> None:
    clocks = Clocks()
    clocks.watch()
    assert clocks.after(1, ahead=3600)
    assert clocks.after(CALM_SECONDS - 1, ahead=3600)
    assert not clocks.after(2, ahead=3600)


def test_a_clock_that_is_earlier_than_before_is_in_doubt_from_the_start() -> None:
    clocks = Clocks()
    clocks.watch(floor=NOW + 3 * DAY)
    assert "earlier" in clocks.after(1)
    assert clocks.after(1, ahead=3 * DAY), "it was set: nobody has said yet that this is right"
    clocks.hub.heard("garden", 0.0)
    assert not clocks.after(1, ahead=3 * DAY)


def test_most_nodes_against_it_put_a_clock_in_doubt_but_not_one_alone() -> None:
    clocks = Clocks()
    hub = clocks.watch()
    hub.heard("garden", 3 * DAY)
    assert not clocks.after(1)
    hub.heard("barn", 3 * DAY)
    assert "2 of 2 nodes" in clocks.after(1)
    for node in ("gate", "shed", "roof"):
        hub.heard(node, 0.2)
    assert not clocks.after(1)
