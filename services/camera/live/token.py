"""The secret in the live view's address, changed again and again."""

import hmac
import secrets
from typing import Final

GRACE_SECONDS: Final = 60.0  # the old one still opens the door: its news may be on the way
_BYTES: Final = 24


class Token:
    """The token of now, and the one before it for a while. Times are seconds of one clock."""

    def __init__(self, lifetime: float, now: float) -> None:
        self._lifetime = lifetime
        self._made_at = now
        self._before = ""
        self.current = secrets.token_urlsafe(_BYTES)

    def rotate(self, now: float) -> None:
        """Make a new one when the old one's time is up."""
        if now - self._made_at >= self._lifetime:
            self._before, self.current = self.current, secrets.token_urlsafe(_BYTES)
            self._made_at = now

    def admits(self, given: str, now: float) -> bool:
        """Whether this is the token, or the one before within its grace."""
        allowed = [self.current]
        if self._before and now - self._made_at < GRACE_SECONDS:
            allowed.append(self._before)
        return any(hmac.compare_digest(given.encode(), each.encode()) for each in allowed)
