"""Keeps a device announced: on every connect, and after each start of Home Assistant."""

import asyncio
import random
from typing import Final

from lookout.bus.session import Session
from lookout.homeassistant.discovery import config_topic

BIRTH: Final = b"online"
LONGEST_DELAY = 5.0  # seconds after Home Assistant's birth, so that not all nodes speak at once


class Announcer:
    """Keeps a device's discovery message as it should be, over restarts of broker and listener."""

    def __init__(self, session: Session, name: str, *, prefix: str, birth_topic: str) -> None:
        self._session = session
        self._topic = config_topic(prefix, name)
        self._birth_topic = birth_topic
        self._said: bytes | None = None
        session.on_connect(self._say)

    def announce(self, message: bytes) -> bool:
        """Publish the message where it is not what was said last; whether it was not."""
        if message == self._said:
            return False
        self._said = message
        if self._session.is_connected:
            self._say()
        return True

    def withdraw(self) -> None:
        """Take the device out of Home Assistant."""
        self.announce(b"")

    async def follow(self) -> None:
        """Announce again when Home Assistant has started, until cancelled."""
        async for message in self._session.subscribe(self._birth_topic):
            if message.payload == BIRTH and not message.retain:
                await asyncio.sleep(random.uniform(0, LONGEST_DELAY))
                self._say()

    def _say(self) -> None:
        if self._said is not None and self._session.is_connected:
            self._session.post(self._topic, self._said, retain=True)
