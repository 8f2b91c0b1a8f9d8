"""What people say of pictures: tags, by which they are found, and a note."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lookout.contract.marks import LONGEST_NOTE, MOST_TAGS, check_note, check_tag
from lookout.store import changes, keys
from lookout.store.images import Images
from tests.gallery.conftest import Web

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]


async def found(gallery: Web, query: str) -> list[str]:
    answer = await (await gallery.get(f"/api/images?{query}")).json()
    return [image["id"] for image in answer["images"]]


async def test_what_is_tagged_is_found_by_it_until_the_tag_is_taken_away(
    gallery: Web, store: Store, redis: Any
) -> None:
    one, two = [await store("garden", NOON + number, ttl=5000) for number in (1, 2)]

    done = await gallery.post(
        "/api/images/tag", json={"ids": [one.id, one.id, "garden:1"], "add": [" Night ", "Igel é"]}
    )

    assert await done.json() == {"done": [one.id]}  # the other one is not there
    assert await found(gallery, "tag=NIGHT") == [one.id]
    assert await found(gallery, 'q=tag:"igel é"') == [one.id]
    assert (await Images(redis).life(one.id) or 0) > 4000
    assert not await redis.exists(keys.image("garden:1"))

    both = {"ids": [one.id, two.id], "add": ["fox"], "remove": ["night"]}
    await gallery.post("/api/images/tag", json=both)

    assert await found(gallery, "tag=night") == []
    assert await found(gallery, "tag=fox,nothing&sort=timestamp") == [one.id, two.id]
    page = await (await gallery.get("/?tag=fox")).text()
    assert page.count('<span class="tag">fox</span>') == 2
    assert "tag: fox" in page


async def test_a_note_stays_beside_its_picture(gallery: Web, store: Store) -> None:
    image = await store("garden", NOON)
    text = "The <b>fox</b>\r\nagain"

    answer = await gallery.post(f"/api/images/{image.id}/note", json={"note": text})

    assert (await answer.json())["note"] == "The <b>fox</b>\nagain"
    page = await (await gallery.get(f"/images/{image.id}")).text()
    assert "The &lt;b&gt;fox&lt;/b&gt;\nagain</textarea>" in page
    gone = await gallery.post(f"/api/images/{image.id}/note", json={"note": " "})
    assert "note" not in await gone.json()
    missing = await gallery.post("/api/images/garden:1/note", json={"note": "x"})
    assert missing.status == 404


async def test_open_pages_hear_of_it(gallery: Web, store: Store, redis: Any) -> None:
    image = await store("garden", NOON)

    await gallery.post("/api/images/tag", json={"ids": [image.id], "add": ["fox"]})

    _, said = (await redis.xrevrange(keys.CHANGES_STREAM, count=1))[0]
    assert changes._read(said) == changes.Change("marked", (image.id,))


async def test_an_image_has_so_many_tags_at_most(gallery: Web, store: Store) -> None:
    image, other = [await store("garden", NOON + number) for number in (0, 1)]
    tags = [f"tag {number}" for number in range(MOST_TAGS)]
    await gallery.post("/api/images/tag", json={"ids": [image.id], "add": tags})

    more = {"ids": [image.id, other.id], "add": ["one more"]}
    answer = await gallery.post("/api/images/tag", json=more)

    assert answer.status == 409
    assert (await answer.json())["done"] == [other.id]
    assert await found(gallery, 'q=tag:"one more"') == [other.id]


@pytest.mark.parametrize(
    "body",
    [
        {"add": ["a"]},
        {"ids": ["garden:1"]},
        {"ids": ["garden:1"], "add": ["a,b"]},
        {"ids": ["garden:1"], "add": [" "]},
        {"ids": ["garden:1"], "add": ["\ud800"]},
        {"ids": ["garden:1"], "add": [7]},
        {"ids": ["garden:1"], "add": {"a": 1}},
        {"ids": ["nonsense"], "add": ["a"]},
        {"ids": ["garden:1"], "add": ["a"] * (MOST_TAGS + 1)},
    ],
)
async def test_what_is_no_tag_is_refused(gallery: Web, body: dict[str, Any]) -> None:
    answer = await gallery.post("/api/images/tag", json=body)

    assert answer.status == 400, await answer.text()


def test_tags_and_notes_are_kept_as_people_mean_them() -> None:
    assert check_tag("  Hedgehog ") == "hedgehog"
    assert check_note(" a\r\nb ") == "a\nb"
    for wrong in ("", "a,b", "a\nb", "x" * 41):
        with pytest.raises(ValueError, match="letters"):
            check_tag(wrong)
    for wrong in ("x" * (LONGEST_NOTE + 1), "a\x00b"):
        with pytest.raises(ValueError, match="use"):
            check_note(wrong)
