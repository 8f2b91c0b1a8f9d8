"""A child process that cannot outlive us, whose output goes to a file."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from lookout.embedded import tether

STOP_SECONDS = 5.0
PAUSE = 0.005  # seconds between two looks


class Child:
    """A program that is started, stopped or killed, and started again."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self._command = command
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; minus the signal's number when a signal ended it."""
        return self._process.poll() if self._process else None

    def work_done(self) -> str:
        """Something that changes while it computes or reads; always empty where we cannot know."""
        try:
            about = Path(f"/proc/{self.pid}")
            return (about / "stat").read_text() + (about / "io").read_text()
        except OSError:
            return ""

    def start(self) -> None:
        """Start it, with its output appended to the log."""
        if self.running:
            raise RuntimeError(f"{self._command[0]} runs already")
        # -I -S: no site packages are needed, and it starts faster without.
        wrapper = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid())]
        with self._output() as output:
            self._process = subprocess.Popen(
                [*wrapper, *self._command],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C on the terminal is ours alone to handle
            )

    def _output(self) -> IO[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        return self.log.open("ab")

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process is not None and self.running:
            self._process.terminate()

    def signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self._process is not None and self.running:
            self._process.send_signal(number)

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end, and kill it when it takes longer than `seconds`."""
        self.terminate()
        try:
            await self.ended(seconds)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            await self.ended(STOP_SECONDS)

    async def ended(self, seconds: float) -> None:
        """Wait until it is gone; raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while self.running:  # polled: a thread for each of a hundred children is too much
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._command[0]} did not end in {seconds} s")
            await asyncio.sleep(PAUSE)

    def last_lines(self, number: int = 10) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-number:])
