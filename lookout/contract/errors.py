"""What is wrong with something that came from outside: the field, its value, what is allowed."""

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lookout.contract import faults
from lookout.contract.limits import LONGEST_NAME, MOST_FAULTS, SHOWN
from lookout.errors import LookoutError


class BadMessage(LookoutError, ValueError):
    """A payload, property or parameter the contract does not allow; the text names it."""


class BadTopic(BadMessage):
    """A topic, or a name for one, that the contract does not allow."""


def explain(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """A validation error as one sentence: each field, its value and what is allowed.

    With the model, it names what there is where a name is wrong.
    """
    found = error.errors(include_url=False)
    said = [_explain_one(each, model) for each in found[:MOST_FAULTS]]
    if len(found) > MOST_FAULTS:
        said.append(f"and {len(found) - MOST_FAULTS} more faults")
    return "; ".join(said)


def short(value: object) -> str:
    """A value as an error repeats it: bounded, on one line, and text whatever it was."""
    if isinstance(value, str | bytes):
        value = value[: SHOWN + 1]
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of too many digits, or endless nesting
        text = f"a {type(value).__name__}"
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def path_of(parts: Sequence[object]) -> str:
    """Where in a message something stands, such as `data.boxes.0`."""
    text = ".".join(str(part)[:LONGEST_NAME] for part in parts)
    return text.encode(errors="backslashreplace").decode()


def _explain_one(fault: ErrorDetails, model: type[BaseModel] | None) -> str:
    what, name = faults.allowed(fault, model), path_of(fault["loc"])
    value = "" if fault["type"] == "missing" else f" = {short(fault['input'])}"
    mark = " " if fault["type"] == "missing" else ": "
    text = f"{name}{value}{mark}{what}" if name else what
    return text.encode(errors="backslashreplace").decode()
