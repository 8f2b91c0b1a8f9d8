"""What each knob of the Pi's camera does to a picture: for the fake and for the real library."""

import asyncio
import io
from collections.abc import Iterator
from itertools import product
from typing import Any

from PIL import Image, ImageOps

from services.camera.capture.develop import develop, left_to_do
from services.camera.settings import Camera
from services.camera.sources import Picture, SourceError, make_source
from services.camera.sources.focus import Focus, FocusSource

QUALITY = 90
SIZE = (640, 480)
TURNS = list(product((0, 90, 180, 270), (False, True), (False, True)))


async def taken(**settings: Any) -> tuple[Picture, Image.Image]:
    """A picture as the node would send it, and its pixels."""
    values = {"resolution": SIZE, "timeout": 8.0, "autofocus": "off", **settings}
    camera = Camera(source="picamera2", **values)
    source = make_source(camera)
    await source.open()
    try:
        picture = await source.capture(QUALITY)
    finally:
        await source.close()
    steps = left_to_do(camera, source.does(camera))
    if steps:
        picture = develop(picture, camera, steps, QUALITY)
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        assert image.size == (picture.width, picture.height)
        return picture, image.convert("RGB")


async def refused(**settings: Any) -> str:
    try:
        await taken(**settings)
    except SourceError as error:
        return str(error)
    raise AssertionError(f"{settings} were not refused")


def colour(image: Image.Image, x: float, y: float) -> str:
    """What an eighth of a picture around a place shows: red, green, blue, grey or black."""
    wide, high = image.width / 16, image.height / 16
    at = (x * image.width, y * image.height)
    box = (int(at[0] - wide), int(at[1] - high), int(at[0] + wide), int(at[1] + high))
    small = image.crop(box).resize((1, 1), Image.Resampling.BOX)
    red, green, blue = small.tobytes()
    if max(red, green, blue) < 12:
        return "black"
    if max(red, green, blue) - min(red, green, blue) < 30:
        return "grey"
    return "red" if red > max(green, blue) else "green" if green > blue else "blue"


def corners(image: Image.Image) -> list[str]:
    return [colour(image, x, y) for y in (0.125, 0.875) for x in (0.125, 0.875)]


def turned(image: Image.Image, rotation: int, hflip: bool, vflip: bool) -> Image.Image:
    """The plain words of the settings: mirrored, then turned clockwise."""
    image = ImageOps.mirror(image) if hflip else image
    image = ImageOps.flip(image) if vflip else image
    return image.rotate(-rotation, expand=True)


def every_turn() -> Iterator[dict[str, Any]]:
    for rotation, hflip, vflip in TURNS:
        yield {"rotation": rotation, "hflip": hflip, "vflip": vflip}


async def rotation_and_flips_turn_the_picture(scene: Any) -> None:
    scene(lux=400)
    _, plain = await taken()
    assert corners(plain) == ["red", "green", "blue", "grey"]
    for turn in every_turn():
        _, image = await taken(**turn)
        assert corners(image) == corners(turned(plain, **turn)), turn
        assert image.size == turned(plain, **turn).size, turn


async def a_crop_is_of_the_turned_picture(scene: Any) -> None:
    scene(lux=400)
    _, plain = await taken()
    for turn in every_turn():
        _, image = await taken(crop=(0, 0, 40, 40), **turn)
        first = corners(turned(plain, **turn))[0]
        assert corners(image) == [first] * 4, turn
    wide = (await taken(crop=(10, 30, 80, 40)))[1]
    assert abs(wide.width / wide.height - 2 * 640 / 480) < 0.1
    assert corners(wide) == ["red", "green", "blue", "grey"]


async def masks_hide_the_same_things_however_the_picture_is_cropped(scene: Any) -> None:
    scene(lux=400)
    mask = {"masks": ((0, 0, 50, 50),)}
    for rotation in (0, 180, 270):
        _, plain = await taken(rotation=rotation)
        _, image = await taken(rotation=rotation, **mask)
        assert corners(image) == ["black", *corners(plain)[1:]]
        _, cropped = await taken(rotation=rotation, crop=(25, 25, 50, 50), **mask)
        assert corners(cropped) == ["black", *corners(plain)[1:]]


async def exposure_and_gain_are_as_set(scene: Any) -> None:
    scene(lux=400)
    picture, _ = await taken(exposure=8000, gain=2.0)
    exposure, gain = picture.meta["exposure_us"], picture.meta["gain"]
    assert isinstance(exposure, int)
    assert abs(exposure - 8000) < 100
    assert isinstance(gain, float)
    assert abs(gain - 2.0) < 0.1


async def a_long_exposure_is_waited_for(scene: Any) -> None:
    scene(lux=1)
    picture, _ = await taken(exposure=1_000_000, gain=1.5, timeout=2.0)
    exposure = picture.meta["exposure_us"]
    assert isinstance(exposure, int)
    assert abs(exposure - 1_000_000) < 10_000


async def tones_change_the_picture(scene: Any) -> None:
    scene(lux=400)
    fixed = {"exposure": 20_000, "gain": 1.5}
    _, plain = await taken(**fixed)
    _, bright = await taken(brightness=0.4, **fixed)
    _, dark = await taken(brightness=-0.4, **fixed)
    assert level(dark) + 30 < level(plain) < level(bright) - 30
    _, grey = await taken(saturation=0.0, **fixed)
    assert set(corners(grey)) == {"grey"}
    _, flat = await taken(contrast=0.0, **fixed)
    assert set(corners(flat)) == {"grey"}
    assert abs(level(flat) - 128) < 6
    assert (await taken(sharpness=4.0, awb="daylight", exposure_value=0.5))[0].jpeg
    assert (await taken(awb_gains=(1.5, 1.5)))[0].jpeg


def level(image: Image.Image) -> int:
    return image.convert("L").resize((1, 1), Image.Resampling.BOX).tobytes()[0]


async def what_the_camera_has_not_is_refused_by_name(scene: Any) -> None:
    scene(lux=400)
    message = await refused(gain=100.0)
    assert "camera.gain = 100: must be from 1" in message
    assert "camera.exposure = 1: must be from 26 to" in await refused(exposure=1)


async def a_lens_is_where_it_was_put(scene: Any) -> None:
    scene(distance=0.5)
    picture, _ = await taken(lens_position=2.5)
    assert picture.meta["lens_position"] == 2.5
    message = await refused(lens_position=20.0)
    assert "camera.lens_position = 20: must be from 0 to 15 for this imx708" in message


async def a_focus_cycle_by_command_tells_where_the_lens_is(scene: Any) -> None:
    scene(distance=0.25)
    source = make_source(Camera(source="picamera2", resolution=SIZE, timeout=8.0))
    assert isinstance(source, FocusSource)
    await source.open()
    assert await source.focus() == Focus(found=True, position=4.0)
    scene(distance=0.25, focusable=0)
    lost = await source.focus()
    scene(distance=0.5)
    async with asyncio.timeout(30):
        while (await source.capture(QUALITY)).meta["lens_position"] != 2.0:
            pass  # the continuous focus goes on by itself
    await source.close()
    assert lost is not None
    assert not lost.found


async def without_a_lens_its_position_is_refused(scene: Any) -> None:
    scene()
    message = await refused(lens_position=2.0)
    assert "camera.lens_position = 2: the camera (imx219) has no such control" in message
    assert "only the imx708" in await refused(hdr="sensor")
    source = make_source(Camera(source="picamera2", resolution=SIZE, timeout=8.0))
    assert isinstance(source, FocusSource)
    await source.open()
    assert await source.focus() is None
    await source.close()


async def an_open_camera_refuses_what_is_beyond_it_and_goes_on(scene: Any) -> None:
    scene(lux=400)
    before = Camera(source="picamera2", resolution=SIZE, timeout=8.0, autofocus="off")
    source = make_source(before)
    await source.open()
    await source.capture(QUALITY)
    try:
        await source.adjust(before.changed({"gain": 100.0}))
    except SourceError as error:
        assert "camera.gain = 100: must be from 1" in str(error)
    else:
        raise AssertionError("not refused")
    assert (await source.capture(QUALITY)).meta["gain"] != 100
    await source.adjust(before.changed({"exposure": 7000, "gain": 3.0}))
    await source.close()
    await source.open()
    gain = (await source.capture(QUALITY)).meta["gain"]
    await source.close()
    assert isinstance(gain, float)
    assert abs(gain - 3.0) < 0.1


async def hdr_is_switched_on_and_off(scene: Any) -> None:
    scene(lux=400)
    for mode in ("single", "multi", "night", "sensor", "off"):
        assert (await taken(hdr=mode))[0].jpeg, mode


ANY_CAMERA = {
    behaviour.__name__: behaviour
    for behaviour in (
        rotation_and_flips_turn_the_picture,
        a_crop_is_of_the_turned_picture,
        masks_hide_the_same_things_however_the_picture_is_cropped,
        exposure_and_gain_are_as_set,
        a_long_exposure_is_waited_for,
        tones_change_the_picture,
        what_the_camera_has_not_is_refused_by_name,
        an_open_camera_refuses_what_is_beyond_it_and_goes_on,
    )
}
ONE_CAMERA = {
    "imx708": (
        a_lens_is_where_it_was_put,
        a_focus_cycle_by_command_tells_where_the_lens_is,
        hdr_is_switched_on_and_off,
    ),
    "imx219": (without_a_lens_its_position_is_refused,),
}
CONTROLS = {name: ("imx708", behaviour) for name, behaviour in ANY_CAMERA.items()} | {
    behaviour.__name__: (model, behaviour)
    for model, behaviours in ONE_CAMERA.items()
    for behaviour in behaviours
}
