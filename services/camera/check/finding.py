"""What was found, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check. A warning does not keep the node from its work; a problem does."""

    part: str
    verdict: Verdict
    found: str
    todo: str = ""
