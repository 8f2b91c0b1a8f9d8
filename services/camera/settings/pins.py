"""Which pins of the Pi are used for what: each for one thing only."""

from collections.abc import Iterable


def check_pins(uses: Iterable[tuple[int, str]]) -> None:
    """Take (pin, who uses it) pairs. Raises ValueError that names both users of a pin."""
    known: dict[int, str] = {}
    for pin, user in uses:
        if pin in known:
            raise ValueError(
                f"pin {pin} is used by {known[pin]} and by {user}: give one of them another pin"
            )
        known[pin] = user
