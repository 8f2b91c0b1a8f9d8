"""Amounts as people write them in settings: `7d`, `500MB`, `garden=1d,barn=30d`."""

import json
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from lookout.amounts.sizes import parse_size
from lookout.amounts.times import LONGEST, parse_duration

BY_NODE_HELP: Final = "write node=value pairs such as garden=1d,barn=30d"


def _seconds(value: object) -> object:
    """Let a length of time be written as 7d; a plain number is seconds."""
    if isinstance(value, str) and not value.strip().isdecimal():
        return parse_duration(value)
    return value


def _bytes(value: object) -> object:
    """Let a number of bytes be written as 500MB."""
    if isinstance(value, str) and not value.strip().isdecimal():
        return parse_size(value)
    return value


def _by_node(value: object) -> object:
    """Let a dictionary be written as garden=1d,barn=30d; JSON is taken as well."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        return _from_json(value)
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    found = {node.strip(): amount.strip() for node, _, amount in pairs}
    if len(found) < len(pairs) or not all(equals for _, equals, _ in pairs):
        raise ValueError(f"{BY_NODE_HELP}, each node once")
    return found


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"{BY_NODE_HELP}, or JSON; this is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"{BY_NODE_HELP}, or JSON; this is not JSON: {error}") from None


Lifetime = Annotated[int, BeforeValidator(_seconds), Field(ge=1, le=LONGEST)]
Lifetimes = Annotated[dict[str, Lifetime], NoDecode, BeforeValidator(_by_node)]
Bytes = Annotated[int, BeforeValidator(_bytes), Field(ge=0)]
BytesByNode = Annotated[dict[str, Bytes], NoDecode, BeforeValidator(_by_node)]
Count = Annotated[int, Field(ge=0)]
CountByNode = Annotated[dict[str, Count], NoDecode, BeforeValidator(_by_node)]
