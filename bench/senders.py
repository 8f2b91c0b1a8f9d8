"""Several sender processes that begin together."""

import json
import subprocess
import sys
from dataclasses import dataclass

from bench.machine import cpu_seconds


@dataclass(frozen=True, slots=True)
class Sent:
    """What the senders saw: wall seconds from the first publish to the last answer."""

    began: float  # Unix time
    seconds: float
    latencies: list[float]
    cpu: float


class Senders:
    """`number` processes, each of `count` images, through the module `bench.MODULE`."""

    def __init__(self, module: str, number: int, arguments: list[str]) -> None:
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", module, "--node", f"bench-{index}", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for index in range(number)
        ]
        for process in self._processes:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("a sender did not start")

    def run(self) -> Sent:
        """Let them go, and wait until all have reported."""
        before = sum(cpu_seconds(process.pid) for process in self._processes)
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        reports, cpu = [], -before
        for process in self._processes:
            assert process.stdout is not None
            reports.append(json.loads(process.stdout.readline()))
            cpu += cpu_seconds(process.pid)
            process.communicate()
        began = min(report["began"] for report in reports)
        ended = max(report["ended"] for report in reports)
        latencies = sorted(each for report in reports for each in report["seconds"])
        return Sent(began, ended - began, latencies, cpu)
