"""A node's clock that is set, starts in 1970, or goes back: names, ages, skews, ids."""

from pathlib import Path

import pytest

from services.camera.capture.ids import Milliseconds
from services.camera.outbox.nodeclock import MOST_SETTINGS, NodeClock

NOW = 1_795_000_000.0
DAY = 86_400.0


class Computer:
    """A computer whose clock the test sets: `true` time, and what its clock is ahead of that."""

    def __init__(self, folder: Path, ahead: float = 0.0) -> None:
        self.file = folder / "clock.json"
        self.true, self.ahead = NOW, ahead
        self.boots = 0
        self.looks_until_set: float = float("inf")
        self.power_on(ahead)

    def power_on(self, ahead: float) -> None:
        self.boots += 1
        self.booted, self.ahead = self.true, ahead
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.clock = NodeClock(
            self.file,
            wall=self.wall,
            steady=lambda: self.true - self.booted,
            boot=f"boot{self.boots}",
        )
        self.ids = Milliseconds(0, self.clock.free_id)

    def wall(self) -> float:
        """Somebody may set it by 400 days between two looks at it."""
        shown = self.true + self.ahead
        self.looks_until_set -= 1
        if self.looks_until_set == 0:
            self.ahead += 400 * DAY
        return shown

    def take(self, after: float = 1.0) -> tuple[str, float, int]:
        """A picture: its setting, its time by the node, its id."""
        self.true += after
        timestamp = self.true + self.ahead
        setting = self.clock.stamp(timestamp)
        return setting, timestamp, self.ids.take(timestamp, setting)


def test_each_start_and_each_setting_has_a_name_and_a_new_process_has_not(tmp_path: Path) -> None:
    computer = Computer(tmp_path)
    first = computer.take()[0]
    computer.ahead = 3600
    second = computer.take()[0]
    computer.clock.save()
    computer.start()
    assert computer.take()[0] == second
    computer.clock.save()
    computer.power_on(3600)
    assert len({first, second, computer.take()[0]}) == 3


def test_a_clock_that_is_set_back_has_the_setting_and_the_ids_that_it_had(tmp_path: Path) -> None:
    computer = Computer(tmp_path)
    first = computer.take()[0]
    computer.ahead = -3600
    assert computer.take()[0] != first
    computer.ahead = 0
    setting, timestamp, identifier = computer.take()
    assert (setting, identifier) == (first, round(timestamp * 1000))


def test_a_picture_that_was_taken_before_the_clock_was_set_is_of_the_setting_before(
    tmp_path: Path,
) -> None:
    computer = Computer(tmp_path, ahead=-3 * DAY)
    before = computer.clock.name
    timestamp = computer.true + computer.ahead
    computer.true, computer.ahead = computer.true + 0.3, 0.0
    computer.clock.look()  # something else noticed it first
    assert computer.clock.stamp(timestamp) == before
    assert computer.clock.stamp(computer.true) != before


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_clock_that_is_set_while_it_is_looked_at_has_two_settings(
    tmp_path: Path, looks: int
) -> None:
    computer = Computer(tmp_path)
    first = computer.take()[0]
    computer.looks_until_set = looks
    for _ in range(looks):
        computer.clock.look()
    setting, timestamp, identifier = computer.take()
    assert setting != first
    assert (timestamp, identifier) == (computer.true + 400 * DAY, round(timestamp * 1000))
    computer.ahead = 0.0
    setting, timestamp, identifier = computer.take()
    assert (setting, identifier) == (first, round(timestamp * 1000))


@pytest.mark.parametrize("ahead", [-NOW, -3 * DAY, 400 * DAY])
def test_how_old_a_picture_is_does_not_depend_on_the_clock(tmp_path: Path, ahead: float) -> None:
    computer = Computer(tmp_path, ahead)
    setting, timestamp, _ = computer.take()
    computer.true, computer.ahead = computer.true + 500, 7.0
    computer.clock.look()
    assert computer.clock.age(setting, timestamp) == pytest.approx(500, abs=0.01)


def test_pictures_of_an_earlier_start_keep_their_order_and_are_as_young_as_can_be(
    tmp_path: Path,
) -> None:
    computer = Computer(tmp_path, ahead=-NOW)
    taken = [computer.take(10)[:2] for _ in range(3)]
    computer.clock.save()
    computer.true += 40
    computer.power_on(-computer.true)
    computer.true += 5
    ages = [computer.clock.age(*each) for each in taken]
    assert ages == pytest.approx([25, 15, 5], abs=0.01)
    assert computer.clock.age("nobody knows", 5.0) is None


def test_what_a_receipt_told_holds_for_every_setting_of_this_start(tmp_path: Path) -> None:
    computer = Computer(tmp_path, ahead=-3 * DAY)
    first = computer.take()[0]
    assert computer.clock.skew(first) is None
    computer.clock.learn(-3 * DAY)
    computer.ahead = 3600
    second = computer.take()[0]
    assert computer.clock.skew(first) == pytest.approx(-3 * DAY, abs=0.01)
    assert computer.clock.skew(second) == pytest.approx(3600, abs=0.01)


def test_what_a_receipt_told_is_of_the_setting_now_whoever_noticed_it_first(
    tmp_path: Path,
) -> None:
    computer = Computer(tmp_path)
    right = computer.take()[0]
    computer.clock.learn(0.0)
    computer.ahead = 400 * DAY
    wrong = computer.take()[0]
    computer.ahead = 0.0
    computer.clock.learn(0.0)  # nothing has looked at the clock since it was set
    assert computer.clock.skew(wrong) == pytest.approx(400 * DAY)
    assert computer.clock.skew(right) == pytest.approx(0.0)


def test_no_id_is_used_twice_however_the_clock_goes_over_the_same_times(tmp_path: Path) -> None:
    computer = Computer(tmp_path)
    used = [computer.take()[2] for _ in range(100)]
    for ahead in (-90.0, -3600.0, -190.0, 400 * DAY, -150.0):
        computer.ahead = ahead
        used += [computer.take()[2] for _ in range(100)]
        computer.clock.save()
        computer.start()
    for _ in range(3):
        computer.power_on(-computer.true)
        used += [computer.take()[2] for _ in range(100)]
        computer.clock.save()
    assert len(set(used)) == len(used)


def test_ids_are_the_time_of_the_capture_where_the_clock_is_right(tmp_path: Path) -> None:
    computer = Computer(tmp_path)
    for _ in range(5):
        _, timestamp, identifier = computer.take(60)
        assert identifier == round(timestamp * 1000)
        computer.clock.save()
        computer.true += 100
        computer.power_on(0)


def test_it_remembers_so_many_settings_and_every_id(tmp_path: Path) -> None:
    computer = Computer(tmp_path)
    used = []
    for number in range(3 * MOST_SETTINGS):
        computer.ahead = (number % 7) * 3600.0
        used.append(computer.take()[2])
    assert len(computer.clock.settings) <= MOST_SETTINGS
    assert len(set(used)) == len(used)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"[]", b'{"a": [1]}', b'{"a": 3}'])
def test_a_damaged_file_is_told_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clock.json").write_bytes(content)
    computer = Computer(tmp_path)
    assert computer.clock.damage
    computer.clock.save()
    computer.start()
    assert not computer.clock.damage


@pytest.mark.parametrize("ahead", [-NOW, -3600.0, 400 * DAY])
def test_what_must_not_wait_goes_by_the_hubs_time_once_that_is_known(
    tmp_path: Path, ahead: float
) -> None:
    computer = Computer(tmp_path, ahead)
    assert computer.clock.now() == pytest.approx(computer.true + ahead)
    computer.clock.learn(ahead)
    assert computer.clock.now() == pytest.approx(computer.true)
    computer.ahead = 0.0
    computer.clock.look()
    assert computer.clock.now() == pytest.approx(computer.true)
