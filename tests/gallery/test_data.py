"""The bytes of an image: whole, in part, smaller, and not again when the browser has them."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PIL import ExifTags, Image

from lookout.store import keys
from services.gallery.api.recent import Recent
from services.gallery.api.thumbnails import WIDTHS
from tests.gallery.conftest import Web
from tests.support.pictures import numbered_jpeg, plain_jpeg

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]


@pytest.fixture
async def image(store: Store) -> Any:
    return await store("garden", NOON, plain_jpeg(800, 600), ttl=5000)


async def test_the_very_bytes_that_were_stored_come_back(gallery: Web, store: Store) -> None:
    data = numbered_jpeg(7, padding=50_000)
    image = await store("garden", NOON, data)

    answer = await gallery.get(f"/api/images/{image.id}/data")

    assert await answer.read() == data
    assert answer.content_type == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]


async def test_a_browser_that_has_it_is_told_so(gallery: Web, image: Any) -> None:
    url = f"/api/images/{image.id}/data"
    tag = (await gallery.get(url)).headers["ETag"]

    again = await gallery.get(url, headers={"If-None-Match": tag})
    other = await gallery.get(url, headers={"If-None-Match": '"something-else"'})

    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["ETag"] == tag
    assert other.status == 200


async def test_a_deleted_image_is_no_longer_confirmed(gallery: Web, image: Any) -> None:
    url = f"/api/images/{image.id}/data"
    tag = (await gallery.get(url)).headers["ETag"]
    await gallery.delete(f"/api/images/{image.id}")

    assert (await gallery.get(url, headers={"If-None-Match": tag})).status == 404


@pytest.mark.parametrize(
    ("wanted", "start", "stop"), [("0-9", 0, 10), ("10-", 10, None), ("-5", -5, None)]
)
async def test_a_part_of_it(
    gallery: Web, image: Any, wanted: str, start: int, stop: int | None
) -> None:
    headers = {"Range": f"bytes={wanted}"}
    answer = await gallery.get(f"/api/images/{image.id}/data", headers=headers)

    part = image.data[start:stop]
    first = start % len(image.data)
    assert (answer.status, await answer.read()) == (206, part)
    expected = f"bytes {first}-{first + len(part) - 1}/{len(image.data)}"
    assert answer.headers["Content-Range"] == expected


async def test_a_part_beyond_the_end_is_refused(gallery: Web, image: Any) -> None:
    headers = {"Range": "bytes=99999999-"}
    answer = await gallery.get(f"/api/images/{image.id}/data", headers=headers)

    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(image.data)}"


async def test_a_part_of_another_version_becomes_the_whole(gallery: Web, image: Any) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"older"'}
    answer = await gallery.get(f"/api/images/{image.id}/data", headers=headers)

    assert (answer.status, await answer.read()) == (200, image.data)


async def test_a_thumbnail_has_the_next_width_above(gallery: Web, image: Any) -> None:
    answer = await gallery.get(f"/api/images/{image.id}/data?width=300")

    small = Image.open(io.BytesIO(await answer.read()))
    assert small.size == (320, 240)


async def test_a_thumbnail_stands_upright_as_its_image_does(gallery: Web, store: Store) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # turned by a quarter
    out = io.BytesIO()
    picture = Image.new("RGB", (800, 400), "red")
    picture.paste("blue", (0, 0, 400, 400))
    picture.save(out, "JPEG", exif=exif)
    image = await store("garden", NOON, out.getvalue())

    answer = await gallery.get(f"/api/images/{image.id}/data?width=160")

    small = Image.open(io.BytesIO(await answer.read()))
    assert small.size == (160, 320)
    red, _, blue = _pixel(small, 80, 20)
    assert blue > 200 > red, "the left half of the sensor is at the top"


def _pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return tuple(int(value) for value in pixel)


async def test_a_thumbnail_is_never_larger_than_the_image(gallery: Web, image: Any) -> None:
    for width in (1280, 16_000):
        answer = await gallery.get(f"/api/images/{image.id}/data?width={width}")
        assert await answer.read() == image.data


async def test_a_thumbnail_is_kept_for_as_long_as_its_image(
    gallery: Web, image: Any, redis: Any
) -> None:
    url = f"/api/images/{image.id}/data?width=320"
    first = await (await gallery.get(url)).read()

    key = keys.thumbnail(image.id, 320)
    assert await redis.get(key) == first
    assert 0 < await redis.ttl(key) <= 5000
    await redis.set(key, b"\xff\xd8\xffcached")
    assert await (await gallery.get(f"{url}&download=1")).read() == first, "sent a moment ago"
    other_width = url.replace("320", "319")  # snapped to the same
    assert await (await gallery.get(other_width)).read() == b"\xff\xd8\xffcached"


async def test_whatever_widths_are_asked_for_few_thumbnails_are_kept(
    gallery: Web, image: Any, redis: Any
) -> None:
    for width in range(1, 700, 50):
        assert (await gallery.get(f"/api/images/{image.id}/data?width={width}")).status == 200

    kept = [key async for key in redis.scan_iter("thumb:*")]
    assert len(kept) <= len(WIDTHS)


async def test_what_cannot_be_read_is_given_as_it_is_and_never_as_a_page(
    gallery: Web, store: Store, redis: Any
) -> None:
    script = b"<script>alert(1)</script>"
    image = await store("garden", NOON, script)
    await redis.hset(keys.image(image.id), "mime_type", "text/html")

    for query in ("", "?width=320"):
        answer = await gallery.get(f"/api/images/{image.id}/data{query}")
        assert await answer.read() == script
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_it_may_be_saved_under_a_name(gallery: Web, image: Any) -> None:
    answer = await gallery.get(f"/api/images/{image.id}/data?download=1")

    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="garden-{NOON}.jpg"'


def test_what_was_sent_a_moment_ago_is_bounded_in_bytes_and_in_age() -> None:
    recent = Recent(most_bytes=800, seconds=60)
    for number in range(20):
        recent.put(f"garden:{number}", None, bytes(100))

    assert recent.size == 800
    assert recent.get("garden:11", None) is None
    assert recent.get("garden:12", None) == bytes(100)
    recent.forget("garden:12")
    assert (recent.get("garden:12", None), recent.size) == (None, 700)
    recent.put("garden:1", None, bytes(101))
    assert recent.get("garden:1", None) is None, "too large a share"

    short = Recent(seconds=0)
    short.put("garden:1", 320, b"bytes")
    assert (short.get("garden:1", 320), short.size) == (None, 0)


@pytest.mark.parametrize("width", ["0", "-3", "wide", "99999"])
async def test_a_bad_width_is_a_problem(gallery: Web, image: Any, width: str) -> None:
    answer = await gallery.get(f"/api/images/{image.id}/data?width={width}")
    problem = await answer.json(content_type="application/problem+json")

    assert answer.status == 400
    assert problem["errors"][0]["field"] == "width"


async def test_the_newest_picture_of_a_node_has_an_address_of_its_own(
    gallery: Web, store: Store
) -> None:
    await store("garden", NOON)
    image = await store("garden", NOON + 1000)

    answer = await gallery.get("/nodes/garden/latest.jpg")

    assert await answer.read() == image.data
    assert answer.headers["X-Image-Id"] == image.id
    assert float(answer.headers["X-Image-Age"]) > 0
    again = {"If-None-Match": answer.headers["ETag"]}
    assert (await gallery.get("/nodes/garden/latest.jpg", headers=again)).status == 304
    await store("garden", NOON + 2000)
    assert (await gallery.get("/nodes/garden/latest.jpg", headers=again)).status == 200
    assert (await gallery.get("/nodes/nobody/latest.jpg")).status == 404
