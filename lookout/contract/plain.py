"""JSON from outside as plain values that can be kept, searched, and encoded again.

Python's own reader takes more than that: texts that no encoding can write (a lone surrogate),
numbers that are not finite, nesting so deep that walking it overflows the
stack, whole numbers of any length. All of them are refused here, by name, before a model sees them.
"""

import json
import math
from typing import Any, Final, NoReturn

from lookout.contract import limits
from lookout.contract.errors import BadMessage, path_of, short


def json_object(
    payload: bytes | str, *, nan: bool = False, what: str = "payload"
) -> dict[str, Any]:
    """A JSON object. Raises BadMessage.

    With `nan`, a value that is not a finite number (some sensors send NaN) arrives as None.
    """
    body = json_value(payload, nan=nan, what=what)
    if not isinstance(body, dict):
        raise BadMessage(f"the {what} is {short(body)}: a JSON object is needed")
    return body


def json_value(payload: bytes | str, *, nan: bool = False, what: str = "payload") -> Any:
    """Any JSON value within the limits. Raises BadMessage."""
    try:
        value = (_LENIENT if nan else _STRICT).decode(_text(payload))
    except BadMessage:
        raise
    except RecursionError:
        raise BadMessage(f"the {what} is nested too deep: {_depth()}") from None
    except ValueError as error:  # json's own, and bytes that are no text
        raise BadMessage(f"the {what} is not JSON: {_reason(error)}") from None
    check(value)
    return value


def json_or_none(text: bytes | str) -> Any:
    """What was written down once, as a value; None where it is damaged."""
    try:
        return json_value(text)
    except BadMessage:
        return None


def check(value: Any) -> None:
    """See that a value can be walked, encoded and stored. Raises BadMessage."""
    items = 0
    waiting: list[tuple[tuple[object, ...], Any]] = [((), value)]
    while waiting:
        path, each = waiting.pop()
        items += 1
        if items > limits.MOST_ITEMS:
            raise BadMessage(f"more than {limits.MOST_ITEMS} values in one message")
        if len(path) > limits.MOST_DEPTH:
            raise BadMessage(f"{path_of(path[:3])}...: nested too deep: {_depth()}")
        if isinstance(each, dict):
            for name in each:
                _check_name(path, name)
            waiting.extend(((*path, name), one) for name, one in each.items())
        elif isinstance(each, list):
            waiting.extend(((*path, number), one) for number, one in enumerate(each))
        else:
            _check_one(path, each)


def is_text(text: str) -> bool:
    """Whether a text can be encoded at all: one with a lone surrogate cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_name(path: tuple[object, ...], name: object) -> None:
    if not isinstance(name, str) or len(name) > limits.LONGEST_NAME or not is_text(name):
        where = path_of((*path, short(name)))
        raise BadMessage(f"{where}: a name has at most {limits.LONGEST_NAME} characters of text")


def _check_one(path: tuple[object, ...], value: object) -> None:
    if isinstance(value, str):
        if len(value) > limits.LONGEST_TEXT:
            raise BadMessage(
                f"{path_of(path)}: {len(value)} characters: at most {limits.LONGEST_TEXT}"
            )
        if not is_text(value):
            raise BadMessage(f"{path_of(path)} = {short(value)}: not text (a lone surrogate)")
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadMessage(f"{path_of(path)} = {value}: must be a finite number")
    elif isinstance(value, int) and abs(value) > limits.LARGEST_WHOLE:
        raise BadMessage(f"{path_of(path)} = {short(value)}: a whole number of at most 64 bits")


def _whole(digits: str) -> int:
    if len(digits) > limits.MOST_DIGITS:
        raise BadMessage(f"{short(digits)}: a number of at most {limits.MOST_DIGITS} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadMessage(f"{short(digits)}: must be a finite number")
    return number


def _finite_or_none(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _nothing(_: str) -> None:
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise BadMessage(f"{name}: must be a finite number")


def _reason(error: ValueError) -> str:
    """The reader's words, without the whole input that some of its errors carry."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not {error.encoding}"
    return str(error)[:200]


def _depth() -> str:
    return f"at most {limits.MOST_DEPTH} lists and objects inside one another"


def _text(payload: bytes | str) -> str:
    """What json.loads() would read: bytes are UTF-8, 16 or 32."""
    if isinstance(payload, str):
        return payload
    return payload.decode(json.detect_encoding(payload), "surrogatepass")


# Made once: json.loads() makes a decoder for each call, which is half of what a short text costs.
_STRICT: Final = json.JSONDecoder(
    parse_int=_whole, parse_float=_finite, parse_constant=_refuse_constant
)
_LENIENT: Final = json.JSONDecoder(
    parse_int=_whole, parse_float=_finite_or_none, parse_constant=_nothing
)
