"""Commands to nodes, and what became of them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, JsonValue

from lookout.contract.limits import LONGEST_LIFE
from lookout.contract.plain import json_object
from lookout.contract.topics import Word, check_word
from lookout.contract.wire import Context, Identifier, Moment, Who, Wire, time_of_id, validate

SET: Final = "set"  # the service whose `ttl` is a setting, not the command's time to live
_FLAT_CONTEXT: Final = {"id": "context_id", "parent_id": "parent_id"}


class Failure(Wire):
    """Why a command did not do what was asked."""

    code: Word
    message: str


class Result(Wire):
    """What became of a command."""

    ok: bool
    service: str
    node: str
    id: Identifier | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)
    error: Failure | None = None
    context: Context = Field(default_factory=Context)


class Command(Wire):
    """A call of a service on a node."""

    service: Word
    id: Identifier | None = Field(None, description="run once: a repeat gets the first result")
    at: Moment | None = Field(None, description="Unix time to act at")
    ttl: float | None = Field(
        None, gt=0, le=LONGEST_LIFE, description="seconds after which it is refused"
    )
    context: Context = Field(default_factory=Context)
    asked_by: Who | None = Field(None, description="such as automation.front_door, for people")
    arguments: dict[str, JsonValue] = Field(default_factory=dict)

    def encode(self) -> bytes:
        """As on the wire: the arguments beside id, at, ttl, context and asked_by.

        The `ttl` of `set` is not written: there it names a setting, and the time to live of the
        command is the message's expiry alone.
        """
        hidden = {"service", "arguments", *({"ttl"} if self.service == SET else ())}
        body = self.model_dump(mode="json", exclude_none=True, exclude=hidden)
        return json.dumps({**self.arguments, **body}, separators=(",", ":")).encode()

    def expires_at(self, received: float) -> float | None:
        """Unix time after which it must be refused; None when it never expires.

        The time to live counts from `at`, else from the time inside a ULID given as id or
        context, else from when it was received.
        """
        if self.ttl is None:
            return None
        sent = time_of_id(self.id) or time_of_id(self.context.id) or received
        return (self.at if self.at is not None else min(sent, received)) + self.ttl


def parse_command(service: str, payload: bytes, properties: Mapping[str, str]) -> Command:
    """Read a command. An empty payload or PRESS means no arguments. Raises BadMessage."""
    body = {} if payload.strip() in (b"", b"PRESS") else json_object(payload)
    context = body.pop("context", None)
    if context is None:
        flat = {key: _pop(body, properties, name) for key, name in _FLAT_CONTEXT.items()}
        context = {key: value for key, value in flat.items() if value is not None}
    names = ("id", "at") if service == SET else ("id", "at", "ttl")
    own = {key: body.pop(key) for key in names if body.get(key) is not None}
    own["asked_by"] = _pop(body, properties, "asked_by")
    check_word(service)
    return validate(Command, {"service": service, **own, "context": context, "arguments": body})


def parse_result(payload: bytes) -> Result:
    """Read a command's result. Raises BadMessage."""
    return Result.decode(payload)


def _pop(body: dict[str, Any], properties: Mapping[str, str], key: str) -> Any:
    return body.pop(key, None) or properties.get(key)
