"""Whatever is asked is answered: no 500, and no traceback in the log for what a stranger sends."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web as aiohttp_web
from structlog.testing import capture_logs

from services.gallery import metrics
from services.gallery.api import nodes as api_nodes
from services.gallery.api.thumbnails import shrink
from services.gallery.web.problems import from_error
from services.gallery.web.serverlog import server_logger
from tests.fuzz import pictures
from tests.fuzz.cases import Question
from tests.fuzz.cases_web import questions
from tests.fuzz.system import SECRET
from tests.fuzz.web import Answer, Request, browser
from tests.gallery.conftest import StartGallery, Web

# What needs no node: the rest is asked at a whole hub, in tests/fuzz.
KINDS = ("cursor", "header", "login", "path", "query", "range", "readings", "time", "words")


async def ask(gallery: Web, question: Question, address: str) -> Answer:
    url = f"http://{gallery.host}:{gallery.port}"
    async with browser(url, address=address) as one:
        return await one.ask(question.request, 20)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_nobody_sent_yet_is_refused_with_a_reason(
    start_gallery: StartGallery, kind: str
) -> None:
    closed = await start_gallery(password=SECRET)
    open_one = await start_gallery(trusted_proxies=("127.0.0.0/8",))
    asked = [each for each in questions() if each.name.startswith(f"{kind}: ")]
    wrong = []
    with capture_logs() as logs:
        for number, question in enumerate(asked):
            gallery = open_one if question.open else closed
            answer = await ask(gallery, question, f"127.1.{number // 250}.{number % 250 + 1}")
            if answer.status not in question.answers:
                wrong.append(f"{question.name}: {answer.status} {answer.body[:200]!r}")
    assert len(asked) > 5
    assert not wrong, "\n".join(wrong)
    assert not [entry for entry in logs if entry["log_level"] == "error"]


async def test_an_unforeseen_error_has_an_id_that_the_log_has_too(
    gallery: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> list[dict[str, Any]]:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(api_nodes, "every_node", fail)
    with capture_logs() as logs:
        answer = await gallery.get("/api/nodes")
        page = await gallery.get("/nodes")

    problem = await answer.json(content_type="application/problem+json")
    told, told_of_page = (entry["id"] for entry in logs if entry["event"] == "a request failed")
    assert (answer.status, problem["id"]) == (500, told)
    assert told in problem["detail"]
    assert told_of_page in await page.text()
    assert "nobody thought of this" not in str(problem)


def test_who_hangs_up_in_the_middle_of_a_body_is_no_fault_of_ours() -> None:
    with capture_logs() as logs:
        problem = from_error(ConnectionResetError("Connection lost"))  # as aiohttp's body raises it

    assert (problem.status, logs) == (400, [])


async def test_an_error_page_that_cannot_be_made_is_an_answer_too(
    gallery: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no template")

    monkeypatch.setattr("services.gallery.web.templating.Templates.page", fail)

    answer = await gallery.get("/nodes")

    assert (answer.status, answer.content_type) == (500, "application/problem+json")


def test_a_strangers_broken_request_is_counted_and_our_own_faults_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from aiohttp.http_exceptions import InvalidURLError

    before = metrics.NOT_HTTP._value.get()
    for error in (InvalidURLError("not a URL"), RuntimeError("ours")):
        with caplog.at_level(logging.DEBUG):
            server_logger().error("Error handling request", exc_info=error)

    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [RuntimeError]
    assert metrics.NOT_HTTP._value.get() == before + 1


@pytest.mark.parametrize("name", pictures.odd())
def test_every_odd_picture_has_a_thumbnail_or_is_shown_as_it_is(name: str) -> None:
    small = shrink(pictures.odd()[name], 160)

    assert small is None or small.startswith(b"\xff\xd8")


async def test_a_picture_whose_orientation_is_text_has_a_thumbnail(
    gallery: Web, store: Callable[..., Awaitable[object]]
) -> None:
    await store("garden", 1_700_000_000_000, pictures.odd()["exif orientation is short text"])

    answer = await gallery.get("/api/images/garden:1700000000000/data?width=160")

    assert (answer.status, answer.content_type) == (200, "image/jpeg")


@pytest.mark.parametrize("path", [b"/api/nodes", b"/nowhere"])
async def test_an_expectation_is_met_or_refused(gallery: Web, path: bytes) -> None:
    async with browser(f"http://{gallery.host}:{gallery.port}") as one:
        met = await one.ask(Request(b"GET", path, ((b"Expect", b"100-continue"),)))
        refused = await one.ask(Request(b"GET", path, ((b"Expect", b"\xff"),)))

    assert met.status in {200, 404}
    assert refused.status == 417
    assert refused.headers[b"content-type"].startswith(b"application/problem+json")


def test_every_http_error_has_a_name() -> None:
    for error in (aiohttp_web.HTTPExpectationFailed(), aiohttp_web.HTTPUnsupportedMediaType()):
        assert from_error(error).status == error.status
