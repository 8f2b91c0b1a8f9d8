"""The API's description, held against what the API really answers."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from lookout.store.nodes import Nodes
from services.gallery.api import answers
from services.gallery.routes import API
from tests.gallery.conftest import Web

NOON = 1_700_000_000_000


async def test_every_address_of_the_api_is_described(gallery: Web) -> None:
    document = await (await gallery.get("/api/openapi.json")).json()

    assert document["openapi"] == "3.1.0"
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert described == {(endpoint.method, endpoint.path) for endpoint in API}
    assert {("GET", "/api/images"), ("POST", "/api/nodes/{node}/commands/{service}")} <= described


async def test_every_reference_in_the_description_leads_somewhere(gallery: Web) -> None:
    text = await (await gallery.get("/api/openapi.json")).text()
    document = await (await gallery.get("/api/openapi.json")).json()

    names = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert names
    assert names <= document["components"]["schemas"].keys()


async def test_the_parameters_of_a_list_are_described(gallery: Web) -> None:
    document = await (await gallery.get("/api/openapi.json")).json()

    parameters = document["paths"]["/api/images"]["get"]["parameters"]
    assert {"q", "tz", "node", "since", "until", "lux", "temperature", "people", "trigger",
            "label", "zone", "tag", "kept", "context", "sort", "limit",
            "cursor"} == {each["name"] for each in parameters}  # fmt: skip


async def test_answers_are_as_described(
    gallery: Web, store: Callable[..., Awaitable[Any]], redis: Any
) -> None:
    image = await store("garden", NOON, lux=1.5, meta='{"gain": 1}')
    await Nodes(redis).set_status("garden", "online", 1.0)
    described: dict[str, Any] = {
        "/api/images": answers.ImageList,
        f"/api/images/{image.id}": answers.Image,
        "/api/nodes": answers.NodeList,
        "/api/nodes/garden": answers.Node,
        "/api/events": answers.EventList,
        "/api/readings?node=garden&metric=lux": answers.ReadingList,
        "/healthz": answers.Health,
    }
    for path, model in described.items():
        TypeAdapter(model).validate_json(await (await gallery.get(path)).read(), strict=True)
    problem = await (await gallery.get("/api/images?lux=x")).read()
    answers.Problem.model_validate_json(problem, strict=True)


async def test_metrics_count_requests_by_their_route(gallery: Web) -> None:
    await gallery.get("/api/images/garden:77")

    text = await (await gallery.get("/metrics")).text()

    assert 'lookout_gallery_requests_total{route="/api/images/{id}",status="404"}' in text


@pytest.mark.parametrize(("method", "path"), [("GET", "/nodes/garden/live"), ("GET", "/api")])
async def test_what_does_not_exist_yet_is_a_404(gallery: Web, method: str, path: str) -> None:
    assert (await gallery.request(method, path)).status == 404


async def test_a_wrong_method_is_a_405_problem(gallery: Web) -> None:
    answer = await gallery.put("/api/images")

    assert (answer.status, answer.content_type) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]


def test_nothing_is_loaded_from_elsewhere() -> None:
    folder = Path(__file__).parents[2] / "services" / "gallery"
    files = [*(folder / "static").rglob("*"), *(folder / "templates").rglob("*")]
    for path in files:
        if path.is_dir() or path.name == "LICENSE":
            continue
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        text = re.sub(r"/\*!.*?\*/", "", text, flags=re.DOTALL)  # where a library says whose it is
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name


def test_what_is_not_ours_is_what_was_fetched() -> None:
    folder = Path(__file__).parents[2] / "services" / "gallery" / "static" / "vendor"
    for origin in folder.glob("*/ORIGIN"):
        head, *lines = origin.read_text().splitlines()
        assert "sha512-" in head
        for line in lines:
            digest, name = line.split()
            found = hashlib.sha256((origin.parent / name).read_bytes()).hexdigest()
            assert found == digest, f"{name}: scripts/vendor brings it back"
