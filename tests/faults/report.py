"""What a run of rounds came to, for people and for machines."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

PATH = "LOOKOUT_TEST_REPORT"  # the variable that names a file for it


@dataclass(slots=True)
class Report:
    """The numbers of one run; memory is in MiB, after the warm-up and at the end."""

    seed: int
    rounds: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    captures: int = 0
    found: int = 0
    removed_for_room: int = 0
    lost: int = 0
    doubled: int = 0
    events: int = 0
    doubled_events: int = 0
    memory_before: dict[str, float] = field(default_factory=dict)
    memory_after: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def count(self, faults: Iterable[str]) -> None:
        """One more round, of these faults."""
        self.rounds += 1
        for name in faults:
            self.faults[name] = self.faults.get(name, 0) + 1

    def text(self) -> str:
        """The report as a person reads it."""
        kinds = "\n".join(f"    {times:3} x {name}" for name, times in sorted(self.faults.items()))
        memory = ", ".join(
            f"{name} {before:.0f} -> {self.memory_after.get(name, 0.0):.0f} MiB"
            for name, before in self.memory_before.items()
        )
        return (
            f"{self.rounds} rounds in {self.seconds:.0f} s, LOOKOUT_TEST_SEED={self.seed}\n"
            f"  faults: {sum(self.faults.values())}\n{kinds}\n"
            f"  captures made {self.captures}, found {self.found}, lost {self.lost}, "
            f"doubled {self.doubled}"
            f" (of those found, {self.removed_for_room} removed later to make room)\n"
            f"  events logged {self.events}, doubled {self.doubled_events}\n"
            f"  memory: {memory}"
        )

    def as_json(self) -> str:
        """The report as JSON."""
        return json.dumps(asdict(self), indent=2)

    def save(self) -> None:
        """Write it as JSON where LOOKOUT_TEST_REPORT says, if it says anything."""
        if path := os.environ.get(PATH):
            Path(path).write_text(self.as_json() + "\n")
