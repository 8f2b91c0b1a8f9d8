"""Which messages were in hand when the process died, remembered on disk.

The broker sends again what was not acknowledged. A message that brings the process down in a way
that no `except` sees (the memory, a library's own crash) would do so for ever: after the second
time it is set aside without being touched.

Only what comes again can be such a message, and MQTT marks it: `dup` where the broker repeats it,
`retain` where it is kept for whoever subscribes. All others cost nothing here.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from lookout.bus.subscription import Message

logger = structlog.get_logger()

MOST_DEATHS: Final = 2
MOST_REMEMBERED: Final = 1_000


class Suspects:
    """How often each message was in hand at a death; `path` is a small file of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._deaths: dict[str, int] = self._load()

    def is_condemned(self, message: Message) -> bool:
        """Whether it was in hand at so many deaths that it must not be touched again."""
        return self._came_again(message) and self._deaths.get(_digest(message), 0) >= MOST_DEATHS

    def was_in_hand(self, message: Message) -> bool:
        """Whether it was in hand when the process died, and is to be handled alone."""
        return self._came_again(message) and _digest(message) in self._deaths

    @contextmanager
    def holding(self, messages: Sequence[Message]) -> Iterator[None]:
        """Note what is in hand; what leaves the context in any other way than death is let go."""
        held = [_digest(message) for message in messages if self._came_again(message)]
        if not held:
            yield
            return
        for digest in held:
            self._deaths[digest] = self._deaths.get(digest, 0) + 1
        self._save()
        try:
            yield
        finally:
            for digest in held:
                self._deaths.pop(digest, None)
            self._save()

    @staticmethod
    def _came_again(message: Message) -> bool:
        return message.dup or message.retain

    def _load(self) -> dict[str, int]:
        try:
            body = json.loads(self._path.read_bytes())
            return {str(key): int(value) for key, value in body.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            logger.warning("not read: the messages in hand at the last end", reason=str(error))
            return {}

    def _save(self) -> None:
        newest = dict(list(self._deaths.items())[-MOST_REMEMBERED:])
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Not synced: it is for our death, not for that of the power.
            self._path.write_text(json.dumps(newest))
        except OSError as error:
            logger.warning("not written: the messages in hand", reason=str(error))


def _digest(message: Message) -> str:
    body = hashlib.sha256(message.topic.encode(errors="replace") + b"\0" + message.payload)
    return body.hexdigest()[:32]
