"""/api/nodes: what is known of the nodes, and calling their services."""

import json
import time
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

from lookout.bus.errors import Refused, TooLarge
from lookout.contract.commands import Command, Result, parse_command
from lookout.contract.topics import ALL, check_node
from lookout.contract.wire import new_id
from lookout.store.errors import StoreError
from services.gallery import keys
from services.gallery.api import serialize
from services.gallery.api.query import CommandParameters, NoParameters, parse
from services.gallery.web.problems import Problem, bad_field, not_found
from services.gallery.web.proxies import prefix_of, visit_of

ALL_SECONDS: Final = 5.0  # how long answers of all nodes are collected
MOST_AHEAD: Final = 60.0  # seconds that `at` may lie ahead while the caller waits
logger = structlog.get_logger()

_WRONG_CALL: Final = frozenset({"bad_arguments", "bad_request", "unknown_service"})


async def list_nodes(request: web.Request) -> web.Response:
    """Every node, by name."""
    parse(NoParameters, request.query)
    return web.json_response({"nodes": await every_node(request)})


async def every_node(request: web.Request) -> list[dict[str, Any]]:
    """Every node as the API shows it."""
    prefix = prefix_of(request)
    return [serialize.node(fields, prefix) for fields in await request.app[keys.NODES].all()]


async def get_node(request: web.Request) -> web.Response:
    """One node."""
    parse(NoParameters, request.query)
    return web.json_response(await one_node(request, request.match_info["node"]))


async def one_node(request: web.Request, name: str) -> dict[str, Any]:
    """One node as the API shows it. Raises BadTopic or a 404 Problem."""
    fields = await request.app[keys.NODES].get(check_node(name))
    if fields is None:
        raise _unknown(name)
    return serialize.node(fields, prefix_of(request))


async def call_service(request: web.Request) -> web.Response:
    """Call a service on one node, or on `all`, and give back what it answers."""
    timeout = parse(CommandParameters, request.query).timeout
    node = request.match_info["node"]
    command = parse_command(request.match_info["service"], await body_of(request), {})
    logger.info(
        "a command was asked for",
        node=node,
        service=command.service,
        context=command.context.id,
        address=request.remote,
        user=visit_of(request).user,
    )
    try:
        if node == ALL:
            return await _call_all(request, command, timeout or ALL_SECONDS)
        return await _call_one(request, check_node(node), command, timeout)
    except TooLarge as error:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)) from None
    except Refused as error:
        raise Problem(HTTPStatus.BAD_GATEWAY, f"The broker refused it: {error}") from None


async def body_of(request: web.Request) -> bytes:
    """The body. Raises a 400 Problem when it is not packed as its headers say, or aiohttp's 413."""
    try:
        return await request.read()
    except (RequestPayloadError, HttpProcessingError):
        coding = request.headers.get("Content-Encoding", "")
        raise bad_field("Content-Encoding", coding, "the body is not packed like this") from None


async def _call_all(request: web.Request, command: Command, seconds: float) -> web.Response:
    results = await request.app[keys.CALLER].call_all(_mortal(command, seconds), seconds=seconds)
    return web.json_response({"results": [_as_json(result) for result in results]})


async def _call_one(
    request: web.Request, node: str, command: Command, timeout: float | None
) -> web.Response:
    await _check_known(request, node)
    seconds = timeout or request.app[keys.SETTINGS].gallery.command_timeout
    seconds += _ahead(command)
    try:
        result = await request.app[keys.CALLER].call(
            node, _mortal(command, seconds), timeout=seconds
        )
    except TimeoutError:
        raise await _no_answer(request, node, command.service, seconds) from None
    if not result.ok:
        raise _failed(result)
    return web.json_response(_as_json(result))


def _mortal(command: Command, seconds: float) -> Command:
    """Nobody waits any more when the time is up: a node that gets it then must not act on it."""
    changes = {"id": command.id or new_id(), "ttl": command.ttl or seconds}
    return command.model_copy(update=changes)


def _ahead(command: Command) -> float:
    seconds = max(0.0, (command.at or 0.0) - time.time())
    if seconds > MOST_AHEAD:
        allowed = f"at most {MOST_AHEAD:.0f} s ahead; publish it over MQTT to have it run later"
        raise bad_field("at", str(command.at), allowed)
    return seconds


async def _check_known(request: web.Request, node: str) -> None:
    try:
        fields = await request.app[keys.NODES].get(node)
    except StoreError:
        return  # the command needs the broker only
    if fields is None:
        raise _unknown(node)


async def _no_answer(request: web.Request, node: str, service: str, seconds: float) -> Problem:
    try:
        status = await request.app[keys.NODES].status(node)
    except StoreError:
        status = None
    hint = "it is offline" if status == "offline" else "it may be busy, or have lost its network"
    detail = f"{node} did not answer to {service} within {seconds:.0f} s: {hint}."
    return Problem(HTTPStatus.GATEWAY_TIMEOUT, detail)


def _failed(result: Result) -> Problem:
    code = result.error.code if result.error else "failed"
    detail = result.error.message if result.error else f"{result.service} failed"
    wrong = code in _WRONG_CALL
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.CONFLICT
    return Problem(status, detail, code=code, result=_as_json(result))


def _unknown(node: str) -> Problem:
    return not_found(f"There is no node {node}: it has never sent anything.")


def _as_json(result: Result) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(result.encode())
    return body
