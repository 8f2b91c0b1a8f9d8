"""This node's clock, and every setting that it had: which pictures were taken by which.

A Pi has no clock chip: it starts with the time at which it stopped, or in 1970, and is set when it
hears of the time. Each start of the computer and each setting of its clock has a name, which goes
with every picture. What the clock added to the one that nobody sets is remembered for each, so
that a picture which waited can be said to be so many seconds old, whatever its time.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from lookout.contract.plain import json_object
from lookout.host.clock import Clock, ClockWatch, boot_id, steady
from lookout.host.files import replace_file

logger = structlog.get_logger()

STEP_SECONDS: Final = 1.0  # by which it is set, at least; NTP slews over less
MOST_SETTINGS: Final = 20  # remembered
FAR_OFF: Final = 60.0  # seconds from which on the hub's clock is believed rather than this one
CAPTURE_SECONDS: Final = 10.0  # from a picture's time until it is stamped
LOOK_SECONDS: Final = 1.0
SAVE_SECONDS: Final = 60.0  # between two writes of what changes with each picture
SLACK: Final = 65_000  # milliseconds: a little more than that
OLDER: Final = "older"  # stands for all the settings that are not remembered one by one


@dataclass(slots=True)
class Setting:
    """One setting of the clock: what it adds to the steady one, and what is known of it."""

    boot: str
    offset: float  # seconds
    last: float = 0.0  # when the last picture was taken, by it
    skew: float | None = None  # seconds that it was ahead of the hub's clock, once that is known
    first_id: int = 0  # milliseconds of the first and last id that a picture got by it
    last_id: int = 0
    skew_by: str | None = None  # by which setting of the hub's clock that is
    slack: int = 0  # milliseconds: of one from the file, what the last write before a crash missed

    def may_have_used(self, milliseconds: int) -> bool:
        """Whether a picture may have that id."""
        return bool(self.last_id) and self.first_id <= milliseconds <= self.last_id + self.slack


@dataclass(slots=True)
class NodeClock:
    """Names the settings, and knows how old a picture is and how far its time is off."""

    path: Path
    wall: Clock = time.time
    steady: Clock = steady
    boot: str = field(default_factory=boot_id)
    name: str = ""  # of the setting now
    settings: dict[str, Setting] = field(default_factory=dict)
    damage: str = ""  # why what was known is lost, where it is
    _watch: ClockWatch = field(init=False)
    _saved: str = ""
    _saved_at: float = 0.0

    def __post_init__(self) -> None:
        self._watch = ClockWatch(STEP_SECONDS, self.wall, self.steady)
        self.settings = self._load()
        self._begin(Setting(self.boot, self._watch.offset))

    @property
    def current(self) -> Setting:
        return self.settings[self.name]

    def stamp(self, timestamp: float) -> str:
        """Note that a picture was taken, by its time of this clock; the name of the setting.

        It may have been taken before the clock was set, which may have been noticed since.
        """
        self.look()
        name = self.name
        if self._away(self.current, timestamp) > CAPTURE_SECONDS:
            here = [each for each in self.settings if self.settings[each].boot == self.boot]
            name = min(here, key=lambda each: self._away(self.settings[each], timestamp))
        setting = self.settings[name]
        setting.last = max(setting.last, timestamp)
        return name

    def _away(self, setting: Setting, timestamp: float) -> float:
        """Seconds between a time and now, both by this setting."""
        return abs(timestamp - self.steady() - setting.offset)

    def free_id(self, milliseconds: int, name: str) -> int:
        """An id that no picture has, for one of a setting: this one, or one after all of them.

        A clock that was set back goes once more through times of which there are pictures.
        """
        own = self.settings.get(name, self.current)
        others = [each for each in self.settings.values() if each is not own]
        if any(each.may_have_used(milliseconds) for each in others):
            others_last = max(each.last_id + each.slack for each in others)
            milliseconds = max(others_last, own.last_id) + 1
        own.first_id = min(own.first_id or milliseconds, milliseconds)
        own.last_id = max(own.last_id, milliseconds)
        return milliseconds

    def look(self) -> None:
        """Whether it was set since the last look."""
        # By what the watch has seen: read once more, it may have been set since, and two settings
        # would have one name, and ids without end.
        step, offset = self._watch.look(), self._watch.offset
        if not step:
            self.current.offset = offset
            return
        known, by = self.current.skew, self.current.skew_by
        ahead = None if known is None else known + step
        logger.warning("the clock of this node was set", seconds=round(step, 1))
        self._begin(Setting(self.boot, offset, skew=ahead, skew_by=by))

    def now(self) -> float:
        """Unix time as the hub has it, where this clock is known to be far off; else as it is.

        What an hour's error would spoil goes by it: the order of events, and until when a command
        may be obeyed.
        """
        skew = self.current.skew
        return self.wall() - (skew if skew is not None and abs(skew) > FAR_OFF else 0.0)

    def age(self, name: str | None, timestamp: float) -> float | None:
        """Seconds since a picture was taken; None where its setting is not known any more.

        Of an earlier start of the computer it is the least that it can be: nobody knows for how
        long the power was off.
        """
        setting = self.settings.get(name or "")
        if setting is None:
            return None
        if setting.boot == self.boot:
            age = self.steady() - (timestamp - setting.offset)
        else:
            age = self.steady() + setting.last - timestamp
        return round(max(0.0, age), 3)

    def skew(self, name: str | None) -> float | None:
        """Seconds that a setting is ahead of the hub's clock; None while that is not known."""
        self.look()
        setting = self.settings.get(name or "")
        if setting is None:
            return None
        if setting.boot == self.boot and self.current.skew is not None:
            return round(self.current.skew + setting.offset - self.current.offset, 3)
        return setting.skew

    def skew_by(self, name: str | None) -> str | None:
        """By which setting of the hub's clock `skew` is."""
        setting = self.settings.get(name or "")
        if setting is None:
            return None
        same = setting.boot == self.boot and self.current.skew is not None
        return self.current.skew_by if same else setting.skew_by

    def learn(self, skew: float, by: str | None = None) -> None:
        """A receipt told how far it is ahead of the hub's, by that setting of the hub's clock."""
        self.look()  # it may have been set since; this is of now
        self.current.skew, self.current.skew_by = skew, by

    async def run(self) -> None:
        """Watch it, and keep what is known over restarts, until cancelled."""
        while True:
            self.look()
            settled = self._watch.steady() - self._saved_at
            if (text := self._text()) != self._saved and (
                not self._saved or self.name not in self._saved or settled >= SAVE_SECONDS
            ):
                await asyncio.to_thread(self._save, text)
                self._saved, self._saved_at = text, self._watch.steady()
            await asyncio.sleep(LOOK_SECONDS)

    def save(self) -> None:
        """Write it here and now, for the end of the process."""
        self._save(self._text())

    def _begin(self, setting: Setting) -> None:
        """Go by a setting from now on: one that there was before, where it is set back to that."""
        for name, each in list(self.settings.items()):
            if each.boot == setting.boot and abs(each.offset - setting.offset) < STEP_SECONDS:
                self.name = name
                self.settings[name] = self.settings.pop(name)  # the newest
                each.offset = setting.offset
                if setting.skew is not None:
                    each.skew, each.skew_by = setting.skew, setting.skew_by
                return
        self.name = f"{setting.boot}.{round(self.steady() * 1000)}"
        self.settings[self.name] = setting
        while len(self.settings) > MOST_SETTINGS:
            self._merge(*(self.settings.pop(name) for name in list(self.settings)[:2]))

    def _merge(self, older: Setting, newer: Setting) -> None:
        """Remember of two settings only which ids were used by them."""
        firsts = [each.first_id for each in (older, newer) if each.first_id]
        last = max(older.last_id + older.slack, newer.last_id + newer.slack)
        one = Setting("", 0.0, first_id=min(firsts, default=0), last_id=last)
        self.settings = {OLDER: one, **self.settings}

    def _text(self) -> str:
        rows = {
            name: [
                *(each.boot, round(each.offset, 1), round(each.last, 3), each.skew),
                *(each.first_id, each.last_id, each.skew_by),
            ]
            for name, each in self.settings.items()
        }
        return json.dumps(rows)

    def _save(self, text: str) -> None:
        try:
            replace_file(self.path, text)
        except OSError as error:
            logger.warning("the settings of the clock are not kept", reason=str(error))

    def _load(self) -> dict[str, Setting]:
        try:
            rows = json_object(self.path.read_bytes(), what=self.path.name)
            return {name: _setting(*row) for name, row in rows.items()}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            logger.error("the settings of the clock are lost", reason=str(error))
            self.damage = str(error)
            return {}


def _setting(
    boot: str,
    offset: float,
    last: float,
    skew: float | None,
    first_id: int,
    last_id: int,
    skew_by: str | None,
) -> Setting:
    """One row of the file. Raises ValueError or TypeError."""
    ahead = None if skew is None else float(skew)
    ids = int(first_id), int(last_id)
    return Setting(str(boot), float(offset), float(last), ahead, *ids, skew_by, SLACK)
