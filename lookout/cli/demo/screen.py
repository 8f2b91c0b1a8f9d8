"""What the demo prints: lines that stay, and one line of status that is written anew."""

import time
from typing import TextIO

PLAIN_SECONDS = 10.0  # between two lines of status where there is no terminal


class Screen:
    """A terminal, or a file that gets plain lines."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._last_status = float("-inf")

    def say(self, text: str) -> None:
        """Print a line that stays, in place of the status."""
        self._write(f"\r\x1b[K{text}\n" if self._live else f"{text}\n")

    def headline(self, text: str) -> None:
        """Print a line that nobody overlooks."""
        self.say(f"\n  \x1b[1m{text}\x1b[0m\n" if self._live else f"\n  {text}\n")

    def status(self, text: str) -> None:
        """Show how things are: in place on a terminal, now and then elsewhere."""
        if self._live:
            self._write(f"\r\x1b[K{text}")
        elif time.monotonic() - self._last_status >= PLAIN_SECONDS:
            self._last_status = time.monotonic()
            self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
