"""What the doctor finds: one line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Of what it is, whether it is as it should be, and how it is.

    What is wrong says what to do.
    """

    what: str
    is_well: bool
    says: str


def good(what: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding(what, True, says)


def wrong(what: str, says: str) -> Finding:
    """It is not; what is said ends with the next step."""
    return Finding(what, False, says)
