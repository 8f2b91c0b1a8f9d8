"""Text is compressed for whoever takes gzip."""

import gzip
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.gallery.conftest import Web

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]


@pytest.fixture(autouse=True)
def plain_bytes(gallery: Web) -> None:
    setattr(gallery.session, "_auto_decompress", False)  # noqa: B010 - a test client takes no such option


async def fetch(gallery: Web, path: str, accept: str) -> tuple[Any, bytes]:
    answer = await gallery.get(path, headers={"Accept-Encoding": accept})
    return answer, await answer.read()


async def test_lists_and_pages_are_a_fraction_as_long(gallery: Web, store: Store) -> None:
    for number in range(60):
        await store("garden", NOON + number, lux=5.5)

    for path, fraction in (("/api/images", 0.15), ("/", 0.15)):
        plain, whole = await fetch(gallery, path, "identity")
        packed, short = await fetch(gallery, path, "br, gzip;q=0.8")

        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
        assert abs(len(gzip.decompress(short)) - len(whole)) < 200  # ages differ
        assert len(short) < fraction * len(whole)


async def test_what_is_packed_already_or_short_is_left_alone(gallery: Web, store: Store) -> None:
    image = await store("garden", NOON)

    for path in (f"/api/images/{image.id}/data", "/api/nodes", "/api/images.zip?node=garden"):
        answer, _ = await fetch(gallery, path, "gzip")
        assert "Content-Encoding" not in answer.headers, path


async def test_scripts_and_styles_are_packed(gallery: Web) -> None:
    page = (await fetch(gallery, "/", "identity"))[1].decode()
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]

    answer, short = await fetch(gallery, style, "gzip")

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert b"--paper" in gzip.decompress(short)


@pytest.mark.parametrize("accept", ["identity", "gzip;q=0", ""])
async def test_who_does_not_take_it_does_not_get_it(gallery: Web, accept: str) -> None:
    answer, body = await fetch(gallery, "/nodes", accept)

    assert "Content-Encoding" not in answer.headers
    assert b"<!doctype html>" in body
