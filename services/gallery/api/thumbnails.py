"""Small copies of images: made once, kept in Redis for as long as their image lives."""

import asyncio
import io
import os
from typing import Final

from lookout.store import keys
from lookout.store.images import Images
from lookout.vision.pictures import drawn, opened
from lookout.vision.upright import upright_size
from services.gallery import metrics

WIDTHS: Final = keys.THUMBNAIL_WIDTHS
MOST_PIXELS: Final = 200_000_000
QUALITY: Final = 80


class Thumbnails:
    """Makes thumbnails in threads, as many at a time as there are cores."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._cores = asyncio.Semaphore(os.cpu_count() or 1)
        self._under_way: dict[tuple[str, int], asyncio.Task[bytes | None]] = {}

    async def get(self, image_id: str, width: int) -> bytes | None:
        """The image at the next width above, or as it is when that is no smaller; None: gone."""
        snapped = next((each for each in WIDTHS if each >= width), None)
        if snapped is None:
            return await self._images.data(image_id)
        cached = await self._images.thumbnail(image_id, snapped)
        if cached is not None:
            metrics.THUMBNAILS.labels("cache").inc()
            return cached
        return await self._made_once(image_id, snapped)

    async def _made_once(self, image_id: str, width: int) -> bytes | None:
        """Everyone who asks meanwhile gets the same; one who leaves does not stop it."""
        task = self._under_way.get((image_id, width))
        if task is None:
            task = asyncio.create_task(self._make(image_id, width), name=f"thumbnail {image_id}")
            self._under_way[image_id, width] = task
            task.add_done_callback(lambda _: self._under_way.pop((image_id, width)))
        return await asyncio.shield(task)

    async def _make(self, image_id: str, width: int) -> bytes | None:
        async with self._cores:
            data = await self._images.data(image_id)
            if data is None:
                return None
            small = await asyncio.to_thread(shrink, data, width)
        if small is None:
            return data
        metrics.THUMBNAILS.labels("made").inc()
        await self._images.cache_thumbnail(image_id, width, small)
        return small

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)


def shrink(data: bytes, width: int) -> bytes | None:
    """A JPEG `width` pixels wide; None when it is not wider than that or cannot be read.

    Draft mode lets libjpeg decode at a half, a quarter or an eighth of the size, which is most of
    the time saved.
    """
    try:
        with opened(data, most_pixels=MOST_PIXELS) as image:
            whole = upright_size(image)
            if whole[0] <= width:
                return None
            small = drawn(image, (width, max(1, round(whole[1] * width / whole[0]))))
    except OSError:
        return None
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, progressive=True)
    return out.getvalue()
