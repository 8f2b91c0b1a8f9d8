"""Many pictures at once: delete and bring back, keep, pack into one file."""

import io
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lookout.store import keys, trash
from lookout.store.errors import StoreAway
from lookout.store.images import Images
from lookout.store.retention.removal import Victim
from tests.gallery.conftest import Web
from tests.support.pictures import numbered_jpeg
from tests.support.waiting import eventually

NOON = 1_700_000_000_000
Store = Callable[..., Awaitable[Any]]


async def ids(gallery: Web, query: str = "") -> list[str]:
    answer = await (await gallery.get(f"/api/images{query}")).json()
    return [image["id"] for image in answer["images"]]


async def post(gallery: Web, what: str, body: Any, status: int = 200) -> Any:
    answer = await gallery.post(f"/api/images/{what}", json=body)
    found = await answer.json(content_type=None)
    assert answer.status == status, found
    return found


async def test_what_is_deleted_comes_back_as_it_was(gallery: Web, store: Store, redis: Any) -> None:
    one, two = [await store("garden", NOON + number, lux=5.5, ttl=5000) for number in (1, 2)]
    before = await Images(redis).get(one.id)

    gone = await post(gallery, "delete", {"ids": [one.id, one.id]})

    assert (gone["deleted"], gone["kept"], gone["bytes"]) == ([one.id], 0, len(one.data))
    assert await ids(gallery) == [two.id]
    assert (await gallery.get(f"/api/images/{one.id}/data")).status == 404

    assert await post(gallery, "restore", {"ids": [one.id]}) == {"restored": [one.id]}

    assert await ids(gallery) == [two.id, one.id]
    assert await Images(redis).get(one.id) == before
    assert 4900 < (await Images(redis).life(one.id) or 0) <= 5000
    assert await (await gallery.get(f"/api/images/{one.id}/data")).read() == one.data
    assert not await redis.hexists(keys.image(one.id), "expires_ms")


async def test_after_its_time_nothing_comes_back(gallery: Web, store: Store, redis: Any) -> None:
    image = await store("garden", NOON)
    await post(gallery, "delete", {"ids": [image.id]})
    assert 0 < await redis.ttl(keys.trash(image.id)) <= trash.KEPT_SECONDS

    await redis.delete(keys.trash(image.id))

    assert await post(gallery, "restore", {"ids": [image.id]}) == {"restored": []}


async def test_what_is_kept_stays(gallery: Web, store: Store) -> None:
    image, other = [await store("garden", NOON + number) for number in (1, 2)]
    await post(gallery, "keep", {"ids": [image.id]})

    gone = await post(gallery, "delete", {"ids": [image.id, other.id]})

    assert (gone["deleted"], gone["kept"]) == ([other.id], 1)
    assert await ids(gallery) == [image.id]
    assert await post(gallery, "release", {"ids": [image.id]}) == {"done": [image.id]}
    assert (await post(gallery, "delete", {"ids": [image.id]}))["deleted"] == [image.id]


async def test_a_filter_deletes_what_it_finds_after_it_has_said_so(
    gallery: Web, store: Store
) -> None:
    dark = [await store("garden", NOON + number, lux=1.0) for number in range(3)]
    bright = await store("garden", NOON + 9, lux=500.0)
    filtered = {"filter": {"node": "garden", "lux": "..5"}}

    told = await post(gallery, "delete", filtered | {"dry_run": True})
    assert len(await ids(gallery)) == 4
    gone = await post(gallery, "delete", filtered)

    assert sorted(told["deleted"]) == sorted(gone["deleted"]) == sorted(each.id for each in dark)
    assert await ids(gallery) == [bright.id]


async def test_what_has_changed_since_it_was_chosen_stays(store: Store, redis: Any) -> None:
    image = await store("garden", NOON, lux=1.0)
    victim = Victim(image.id, 0, ("lux", "1.0"))
    await redis.hset(keys.image(image.id), "lux", "500")

    assert await trash.delete(redis, [victim]) == []
    assert await Images(redis).get(image.id)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "one of them"),
        ({"ids": ["garden:1"], "filter": {"lux": "..5"}}, "one of them"),
        ({"filter": {}}, "everything"),
        ({"filter": {"lux": "a..b"}}, "100..120"),
        ({"filter": {"lux": ""}}, "everything"),
        ({"filter": {"colour": "red"}}, "no such parameter"),
        ({"ids": ["*"]}, "pattern"),
        ({"ids": "garden:1"}, "ids"),
        ([], "object"),
    ],
)
async def test_nothing_is_deleted_by_half_a_request(
    gallery: Web, store: Store, body: Any, says: str
) -> None:
    await store("garden", NOON, lux=1.0)

    assert says in (await post(gallery, "delete", body, status=400))["detail"]
    assert len(await ids(gallery)) == 1


async def test_a_zip_holds_the_very_bytes(gallery: Web, store: Store) -> None:
    images = [await store("garden", NOON + n, numbered_jpeg(n), lux=float(n)) for n in range(5)]
    await store("porch", NOON, lux=2.0)

    answer = await gallery.get("/api/images.zip?node=garden&lux=1..3")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="lookout-3-pictures.zip"'
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        assert archive.testzip() is None
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert sorted(packed.values()) == sorted(image.data for image in images[1:4])
    assert f"garden/garden-20231114T221320{1:03d}Z.jpg" in packed


async def test_a_zip_of_ids_says_what_has_gone(gallery: Web, store: Store) -> None:
    image = await store("garden", NOON)

    for answer in (
        await gallery.get(f"/api/images.zip?id={image.id},garden:7"),
        await gallery.post("/api/images.zip", data={"id": f"{image.id},garden:7"}),
    ):
        with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
            assert "garden:7" in archive.read("MISSING.txt").decode()
            assert len(archive.namelist()) == 2


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?node=nobody", 404), ("?id=*", 400)])
async def test_there_is_no_empty_zip(gallery: Web, query: str, status: int) -> None:
    assert (await gallery.get(f"/api/images.zip{query}")).status == status


async def test_half_a_zip_is_no_zip(
    gallery: Web, store: Store, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [await store("garden", NOON + number) for number in range(3)]
    whole = Images.data

    async def breaks(self: Images, image_id: str) -> bytes | None:
        if image_id == images[0].id:
            raise StoreAway("the cable is out")
        return await whole(self, image_id)

    monkeypatch.setattr(Images, "data", breaks)
    answer = await gallery.get("/api/images.zip?node=garden")

    async def broke() -> bool:
        try:
            await answer.read()
        except Exception:
            return True
        return False

    assert await eventually(broke)


async def test_neighbours_are_those_of_the_search(gallery: Web, store: Store) -> None:
    for number, lux in enumerate((100.0, 500.0, 110.0, 900.0, 105.0)):
        await store("garden" if number else "porch", NOON + number, lux=lux)
    here = f"/images/garden:{NOON + 2}"

    def beside(text: str, which: str) -> str:
        link = text.split(f'id="{which}"')[1].split(">", maxsplit=1)[0]
        return link.split('href="')[1].split('"')[0] if "href" in link else ""

    searched = await (await gallery.get(f"{here}?lux=100..120")).text()
    assert beside(searched, "previous") == f"/images/garden:{NOON + 4}?lux=100..120"
    assert beside(searched, "next") == f"/images/porch:{NOON}?lux=100..120"
    ordered = await (await gallery.get(f"{here}?sort=-lux")).text()
    assert beside(ordered, "previous") == f"/images/garden:{NOON + 1}?sort=-lux"
    assert beside(ordered, "next") == f"/images/garden:{NOON + 4}?sort=-lux"
    alone = await (await gallery.get(here)).text()
    assert beside(alone, "previous") == f"/images/garden:{NOON + 3}"
    assert beside(alone, "next") == f"/images/garden:{NOON + 1}"
