"""/api/openapi.json: OpenAPI 3.1, made from the table of addresses and the models."""

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from lookout import __version__
from services.gallery.api import answers
from services.gallery.api.query import Parameters
from services.gallery.routes import API, Endpoint
from services.gallery.web.proxies import prefix_of

_REF: Final = "#/components/schemas/{model}"
_PROBLEM: Final = {
    "description": "a problem (RFC 9457)",
    "content": {
        "application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}},
    },
}


async def openapi(request: web.Request) -> web.Response:
    """The description of the whole API, as seen from where the request came."""
    servers = [{"url": prefix_of(request) or "/"}]
    return web.json_response({**document(), "servers": servers})


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in API:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lookout", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{}, {"basic": []}, {"bearer": []}],
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": inspect.getdoc(endpoint.handler),
        "parameters": [*_in_path(endpoint.path), *_in_query(endpoint.takes)],
        "responses": {str(endpoint.status): _answer(endpoint), "default": _PROBLEM},
    }
    if endpoint.takes_body is not None:
        schema = endpoint.takes_body.model_json_schema()
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    if endpoint.body:
        operation["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return operation


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _in_query(model: type[Parameters] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema()
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": {key: value for key, value in field.items() if key != "description"},
            **({"description": field["description"]} if "description" in field else {}),
        }
        for name, field in schema["properties"].items()
    ]


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.gives is None:
        return {"description": "done"}
    if isinstance(endpoint.gives, str):
        return {"description": "the content", "content": {endpoint.gives: {}}}
    schema = {"$ref": _REF.format(model=endpoint.gives.__name__)}
    return {"description": "the answer", "content": {"application/json": {"schema": schema}}}


def _schemas() -> dict[str, Any]:
    models: Sequence[type[BaseModel]] = [
        answers.Problem,
        *(each.gives for each in API if isinstance(each.gives, type)),
    ]
    pairs = [(model, "serialization") for model in dict.fromkeys(models)]
    _, schema = models_json_schema(pairs, ref_template=_REF)  # type: ignore[arg-type]
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
