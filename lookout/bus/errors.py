"""What can go wrong between us and the broker."""

from lookout.errors import LookoutError


class BusError(LookoutError):
    """Something between us and the broker went wrong."""


class NotConnected(BusError):
    """The broker is away."""


class Refused(BusError):
    """The broker did not accept the message; the text is its reason."""


class TooLarge(BusError):
    """The message is larger than the broker's Maximum Packet Size."""


class GivenUp(BusError):
    """The message was under way for too long and is no longer sent."""
