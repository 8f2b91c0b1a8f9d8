"""/api/nodes, and commands over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lookout.contract.commands import Command
from lookout.store.nodes import Nodes
from tests.gallery.conftest import StartGallery, Web

Answer = Callable[..., Awaitable[None]]


@pytest.fixture
async def known(redis: Any) -> None:
    for name in ("garden", "barn"):
        await Nodes(redis).set_status(name, "online", 1_700_000_000.0)
    await Nodes(redis).set_info("garden", '{"version": "1", "interval": 5.0}', 1_700_000_001.0)


@pytest.mark.usefixtures("known")
async def test_nodes_are_listed_by_name_with_what_is_known(gallery: Web) -> None:
    nodes = (await (await gallery.get("/api/nodes")).json())["nodes"]

    assert [node["node"] for node in nodes] == ["barn", "garden"]
    assert nodes[1] == {
        "node": "garden",
        "status": "online",
        "status_since": 1_700_000_000.0,
        "last_seen": 1_700_000_001.0,
        "last_image": None,
        "last_image_at": None,
        "last_reading": None,
        "info": {"version": "1", "interval": 5.0},
        "counters": {"images": 0, "rejected": 0},
        "silent": False,
    }
    assert await (await gallery.get("/api/nodes/garden")).json() == nodes[1]


async def test_a_node_knows_its_last_image_and_how_many_it_sent(
    gallery: Web, store: Callable[..., Awaitable[Any]]
) -> None:
    await store("garden", 1_700_000_000_000)
    image = await store("garden", 1_700_000_005_000)

    node = await (await gallery.get("/api/nodes/garden")).json()

    assert (node["last_image"], node["last_image_at"]) == (image.id, image.timestamp)
    assert node["counters"] == {"images": 2, "rejected": 0}


@pytest.mark.parametrize(("name", "status"), [("gate", 404), ("No%2Fde", 400), ("hub", 400)])
async def test_other_names_are_problems(gallery: Web, name: str, status: int) -> None:
    answer = await gallery.get(f"/api/nodes/{name}")

    assert (answer.status, answer.content_type) == (status, "application/problem+json")


@pytest.mark.usefixtures("known")
async def test_a_command_reaches_the_node_and_its_result_comes_back(
    gallery: Web, answer_commands: Answer
) -> None:
    calls: list[Command] = []

    def take(command: Command) -> dict[str, Any]:
        calls.append(command)
        return {"data": {"images": ["garden:1"]}}

    await answer_commands("garden", take)

    answer = await gallery.post(
        "/api/nodes/garden/commands/capture", json={"count": 2, "id": "my-id"}
    )
    result = await answer.json()

    assert answer.status == 200
    assert (result["ok"], result["id"], result["data"]) == (True, "my-id", {"images": ["garden:1"]})
    [call] = calls
    assert (call.service, call.arguments) == ("capture", {"count": 2})
    assert call.ttl == 30, "a node that gets it later must not act on it"


@pytest.mark.usefixtures("known")
async def test_an_empty_body_means_no_arguments(gallery: Web, answer_commands: Answer) -> None:
    await answer_commands("garden", lambda command: {"data": command.arguments})

    answer = await gallery.post("/api/nodes/garden/commands/identify")

    assert (await answer.json())["data"] == {}


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("code", "status"), [("bad_arguments", 422), ("unknown_service", 422), ("camera_busy", 409)]
)
async def test_a_node_that_refuses_is_a_problem_with_its_reason(
    gallery: Web, answer_commands: Answer, code: str, status: int
) -> None:
    error = {"code": code, "message": "quality = 0: at least 1"}
    await answer_commands("garden", lambda _: {"ok": False, "error": error})

    answer = await gallery.post("/api/nodes/garden/commands/set", json={"quality": 0})
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == status
    assert (problem["detail"], problem["code"]) == (error["message"], code)
    assert problem["result"]["error"] == error


@pytest.mark.usefixtures("known")
async def test_a_node_that_does_not_answer_is_a_504(gallery: Web, redis: Any) -> None:
    await Nodes(redis).set_status("garden", "offline", 1_700_000_000.0)

    answer = await gallery.post("/api/nodes/garden/commands/capture?timeout=0.2")
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 504
    assert "offline" in problem["detail"]


@pytest.mark.usefixtures("known")
async def test_all_nodes_are_asked_at_once(gallery: Web, answer_commands: Answer) -> None:
    for name in ("garden", "barn"):
        await answer_commands(name, lambda _: {})

    answer = await gallery.post("/api/nodes/all/commands/identify?timeout=1")

    results = (await answer.json())["results"]
    assert sorted(result["node"] for result in results) == ["barn", "garden"]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("garden/commands/capture", "[1]", 400, "JSON object"),
        ("garden/commands/capture", "{nonsense", 400, "not JSON"),
        ("garden/commands/capture", '{"ttl": -1}', 400, "ttl"),
        ("garden/commands/capture", '{"at": 99999999999}', 400, "60 s ahead"),
        ("garden/commands/Bad-Name", "{}", 400, "Bad-Name"),
        ("garden/commands/capture?timeout=soon", "{}", 400, "timeout"),
        ("garden/commands/capture", "x" * 100_000, 413, "too large"),
        ("gate/commands/capture", "{}", 404, "gate"),
        ("a+b/commands/capture", "{}", 400, "a+b"),
    ],
)
async def test_a_bad_call_is_a_problem(
    gallery: Web, path: str, body: str, status: int, words: str
) -> None:
    answer = await gallery.post(f"/api/nodes/{path}", data=body)
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == status
    assert words in problem["detail"]


@pytest.mark.usefixtures("known")
async def test_the_patience_is_a_setting(start_gallery: StartGallery) -> None:
    gallery = await start_gallery(command_timeout=0.1)

    answer = await gallery.post("/api/nodes/garden/commands/capture")

    assert answer.status == 504
