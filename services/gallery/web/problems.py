"""Errors as RFC 9457 problem JSON for programs, and as a plain page for people."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from lookout.bus.errors import NotConnected
from lookout.contract.errors import BadMessage, BadTopic
from lookout.contract.wire import new_id
from lookout.errors import LookoutError
from lookout.store.errors import StoreAway, StoreError, StoreRefused
from lookout.store.search import NotWhole

logger = structlog.get_logger()

RETRY_SECONDS = 2
LONGEST_VALUE = 200  # characters of a wrong value that are repeated


class Problem(LookoutError):
    """Something that the one who asked should know, with the HTTP status that says it."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def body(self, instance: str) -> dict[str, Any]:
        """The problem's members (RFC 9457, section 3.1)."""
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "instance": instance,
            **self.members,
        }

    def response(self, instance: str) -> web.Response:
        """The answer that tells it; `instance` is the path that was asked for."""
        return web.Response(
            status=self.status,
            text=json.dumps(self.body(instance)),
            content_type="application/problem+json",
            headers=self.headers,
        )


def not_found(what: str) -> Problem:
    """A 404 that names what is not there."""
    return Problem(HTTPStatus.NOT_FOUND, what)


def bad_field(field: str, value: str, allowed: str) -> Problem:
    """A 400 that names the field, its value and what is allowed."""
    error = {"field": field, "value": value[:LONGEST_VALUE], "allowed": allowed}
    detail = f"{field} = {value[:LONGEST_VALUE]!r}: {allowed}"
    return Problem(HTTPStatus.BAD_REQUEST, detail, errors=[error])


def from_error(error: Exception) -> Problem:
    """The problem that tells of an error; what we did not expect is logged as well."""
    match error:
        case Problem():
            return error
        case BadTopic() | BadMessage():
            return Problem(HTTPStatus.BAD_REQUEST, str(error))
        case web.HTTPException():
            return _from_http(error)
    if why := _why_away(error):
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, why, headers={"Retry-After": str(RETRY_SECONDS)}
        )
    if isinstance(error, ConnectionResetError):  # a client that hung up in its body reads no answer
        return Problem(HTTPStatus.BAD_REQUEST, "The request broke off.")
    return _unforeseen(error)


def _unforeseen(error: Exception) -> Problem:
    """By its id the one who asked can be told which traceback in the log is theirs."""
    identifier = new_id()
    logger.error("a request failed", id=identifier, exc_info=error)
    detail = f"The gallery's log has the reason, with the id {identifier}."
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, id=identifier)


def _from_http(error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    kept = {key: error.headers[key] for key in ("Allow",) if key in error.headers}
    return Problem(status, _WORDS.get(status, error.reason), headers=kept)


def _why_away(error: Exception) -> str:
    """What is not there for the moment; empty where it is something else."""
    match error:
        case NotConnected():
            return "The MQTT broker is away: commands and live messages wait for it."
        case NotWhole():
            return str(error)
        case StoreError() if isinstance(error, StoreAway) or _no_index(error):
            return "Redis is away: pictures are shown again as soon as it is back."
    return ""


def _no_index(error: Exception) -> bool:
    """A Redis that came back empty: its indexes are made again within seconds."""
    return isinstance(error, StoreRefused) and "index" in str(error).lower()


_WORDS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request's body is too large.",
}
