"""The dozen methods of picamera2 that the driver uses, by hand: behaviour as the real library's.

`test_sources_simulated.py` runs the same behaviours on the real library, which keeps this honest.
"""

import contextlib
import io
import itertools
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from enum import IntEnum
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from tests.camera import fake_encoders
from tests.camera.rpk import LABELS

FRAME = 0.01  # seconds between two frames
SCAN = 5  # frames that a focus scan takes


class AfModeEnum(IntEnum):
    Manual = 0
    Auto = 1
    Continuous = 2


class Transform:
    def __init__(self, hflip: int = 0, vflip: int = 0) -> None:
        self.hflip, self.vflip = bool(hflip), bool(vflip)


class AwbModeEnum(IntEnum):
    Auto = 0
    Incandescent = 1
    Tungsten = 2
    Fluorescent = 3
    Indoor = 4
    Daylight = 5
    Cloudy = 6


class HdrModeEnum(IntEnum):
    Off = 0
    MultiExposureUnmerged = 1
    MultiExposure = 2
    SingleExposure = 3
    Night = 4


class World:
    """What the camera looks at, and what goes wrong."""

    def __init__(self, model: str = "imx708", cameras: int = 1) -> None:
        self.model = model
        self.cameras = cameras
        self.lens = model.startswith("imx708")
        self.array = (4056, 3040) if model == "imx500" else (4608, 2592)
        self.opened: set[int] = set()
        self.failed: list[Any] = []  # objects whose opening failed
        self.held = 0  # requests handed out and not released
        self.leave = threading.Event()  # lets a hanging call go on
        self.hang = False
        self.frames = itertools.count()
        self.sensor_hdr = False
        self.fields_absent: set[str] = set()
        self.scene()

    def scene(
        self,
        *,
        lux: float = 400,
        distance: float = 1.0,
        focusable: int = 1,
        stall: int = 0,
        barcode: int = 0,
        temperature: float = 35,
        detect: str = "",
        error: int = 0,
    ) -> None:
        stall = stall or error  # the library drops frames with errors
        self.detect = detect
        self.lux, self.distance, self.focusable = lux, distance, focusable
        self.stall, self.barcode, self.temperature = stall, barcode, temperature
        self.scan = SCAN


def install(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """Put the fake where `import picamera2` and `import libcamera` find it."""
    picamera2, libcamera = ModuleType("picamera2"), ModuleType("libcamera")
    picamera2.Picamera2 = _bound(world)  # type: ignore[attr-defined]
    libcamera.Transform = Transform  # type: ignore[attr-defined]
    libcamera.controls = SimpleNamespace(  # type: ignore[attr-defined]
        AfModeEnum=AfModeEnum, AwbModeEnum=AwbModeEnum, HdrModeEnum=HdrModeEnum
    )
    imx708 = ModuleType("picamera2.devices.imx708")
    imx708.IMX708 = partial(_SensorHdr, world)  # type: ignore[attr-defined]
    devices = ModuleType("picamera2.devices")
    devices.IMX500 = _Imx500  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2.devices", devices)
    monkeypatch.setitem(sys.modules, "picamera2.devices.imx708", imx708)
    monkeypatch.setitem(sys.modules, "picamera2", picamera2)
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    fake_encoders.install(monkeypatch)
    return world


class _Imx500:
    """What reads the results of the sensor's network from a frame's metadata."""

    def __init__(self, network_file: str, camera_id: str = "") -> None:
        self.network_intrinsics = SimpleNamespace(
            labels=list(LABELS), ignore_dash_labels=None, bbox_normalization=None, bbox_order="yx"
        )

    def get_outputs(self, metadata: dict[str, Any]) -> list[Any] | None:
        if (rows := metadata.get("CnnOutputTensor")) is None:
            return None
        table = np.array([*rows, [0.0] * 6])  # the last one is no detection
        return [table[:, [3, 2, 5, 4]], table[:, 1], table[:, 0], np.array([len(rows)])]


class _SensorHdr:
    """The imx708's own HDR: refused while the camera is open, as it changes the sensor's modes."""

    def __init__(self, world: World, camera_num: int) -> None:
        self._world = world

    def __enter__(self) -> "_SensorHdr":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def set_sensor_hdr_mode(self, enable: bool) -> None:
        assert not self._world.opened
        self._world.sensor_hdr = enable


def _bound(world: World) -> type:
    return type("Picamera2", (_Picamera2,), {"world": world})


class _Request:
    def __init__(self, camera: "_Picamera2", metadata: dict[str, Any]) -> None:
        self._camera = camera
        self._metadata = metadata
        self._barcode = camera.world.barcode
        self.config = camera.camera_configuration()

    def get_metadata(self) -> dict[str, Any]:
        return dict(self._metadata)

    def make_array(self, name: str) -> Any:
        """Brightness with rows padded to 64 bytes, then colour, as YUV420 is laid out."""
        width, height = self.config[name]["size"]
        planes = np.zeros((height * 3 // 2, (width + 63) // 64 * 64), np.uint8)
        planes[:height, :width] = 110
        return planes

    def save(self, name: str, file_output: io.BytesIO, format: str) -> None:  # noqa: A002
        assert format == "jpeg"
        assert type(file_output) is io.BytesIO, "the library opens anything else as a path"
        image = _scene(self.config[name]["size"], self._camera)
        if self._barcode:
            _draw_bars(image, self._metadata["SensorTimestamp"] // 1_000_000 & 0xFFFFFF)
        image.save(file_output, "JPEG", quality=self._camera.options["quality"])


def _scene(size: tuple[int, int], camera: "_Picamera2") -> Image.Image:
    """Quarters in red, green, blue and grey, as the sensor sees them, after the controls."""
    whole = Image.new("RGB", (200, 200), (120, 120, 120))
    for at, colour in (((0, 0), (150, 40, 40)), ((1, 0), (40, 150, 40)), ((0, 1), (40, 40, 150))):
        whole.paste(colour, (at[0] * 100, at[1] * 100, at[0] * 100 + 100, at[1] * 100 + 100))
    array = camera.sensor_resolution
    x, y, width, height = camera.controls.get("ScalerCrop", (0, 0, *array))
    left, top = x / array[0] * 200, y / array[1] * 200
    box = (left, top, left + width / array[0] * 200, top + height / array[1] * 200)
    image = whole.resize(size, Image.Resampling.NEAREST, box=box)
    transform = camera.camera_configuration()["transform"]
    image = ImageOps.mirror(image) if transform.hflip else image
    image = ImageOps.flip(image) if transform.vflip else image
    image = ImageEnhance.Color(image).enhance(camera.controls.get("Saturation", 1.0))
    contrast = camera.controls.get("Contrast", 1.0)
    more = camera.controls.get("Brightness", 0.0) * 128
    return image.point(
        [max(0, min(255, (v - 128) * contrast + 128 + more)) for v in range(256)] * 3
    )


def _draw_bars(image: Image.Image, stamp: int) -> None:
    """28 cells along the bottom: 1 0, then the 24 bits of the stamp, then 0 1."""
    cells, wide = f"10{stamp:024b}01", image.width / 28
    draw = ImageDraw.Draw(image)
    for index, cell in enumerate(cells):
        box = (index * wide, image.height - 16, (index + 1) * wide, image.height)
        draw.rectangle(box, fill="white" if cell == "1" else "black")


class _Picamera2(fake_encoders.Encoding):
    world: World

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return [{"Model": cls.world.model, "Num": num} for num in range(cls.world.cameras)]

    def __init__(self, camera_num: int = 0) -> None:
        reader, self.notifyme_w = os.pipe2(os.O_NONBLOCK)
        self.notifymeread = os.fdopen(reader, "rb")
        self.is_open = False
        self._cancelled = threading.Event()
        if camera_num in self.world.opened:
            self.world.failed.append(self)
            cause = RuntimeError("Failed to acquire camera: Device or resource busy")
            raise RuntimeError("Camera __init__ sequence did not complete.") from cause
        self._num = camera_num
        self.world.opened.add(camera_num)
        self.is_open, self.started = True, False
        self.options: dict[str, Any] = {}
        self.controls: dict[str, Any] = {}
        self.camera_properties = {"Model": self.world.model}
        width, height = self.sensor_resolution = self.world.array
        whole = (0, 0, width, height)
        self.sensor_modes = [
            {"size": (1536, 864), "bit_depth": 10, "crop_limits": (768, 432, 3072, 1728)},
            {"size": (width // 2, height // 2), "bit_depth": 10, "crop_limits": whole},
            {"size": (width, height), "bit_depth": 10, "crop_limits": whole},
        ]
        self.camera_controls: dict[str, Any] = {
            "ExposureTime": (26, 220_499_000, 20_000),
            "AnalogueGain": (1.0, 16.0, 1.0),
            "ExposureValue": (-8.0, 8.0, 0.0),
            "AwbEnable": (False, True, None),
            "AwbMode": (0, 7, 0),
            "ColourGains": (0.0, 32.0, None),
            "Brightness": (-1.0, 1.0, 0.0),
            "Contrast": (0.0, 32.0, 1.0),
            "Saturation": (0.0, 32.0, 1.0),
            "Sharpness": (0.0, 16.0, 1.0),
            "HdrMode": (0, 4, 0),
            "ScalerCrop": ((0, 0, 64, 64), whole, whole),
        }
        if self.world.lens:
            self.camera_controls |= {"AfMode": (0, 2, 0), "LensPosition": (0.0, 15.0, 1.0)}

    def create_still_configuration(
        self,
        main: dict[str, Any],
        lores: dict[str, Any],
        sensor: dict[str, Any] | None,
        raw: None,
        transform: Transform,
        buffer_count: int,
        controls: dict[str, Any],
    ) -> dict[str, Any]:
        for name in controls:
            assert name in self.camera_controls, f"Control {name} is not advertised by libcamera"
        assert lores["size"] <= main["size"], "lores may not exceed main"
        streams = {"main": main, "lores": lores, "raw": raw}
        rest = {"sensor": sensor, "transform": transform, "buffer_count": buffer_count}
        return {**streams, **rest, "controls": controls}

    def set_controls(self, controls: dict[str, Any]) -> None:
        for name in controls:
            assert name in self.camera_controls, f"Control {name} is not advertised by libcamera"
        self.controls |= controls

    def configure(self, camera_config: dict[str, Any]) -> None:
        if self.started:
            raise RuntimeError("Camera must be stopped before configuring")
        self._config = camera_config
        self.controls = dict(camera_config["controls"])

    def camera_configuration(self) -> dict[str, Any]:
        return self._config

    def start(self) -> None:
        self.started = True

    @contextlib.contextmanager
    def captured_request(self, wait: float, flush: int | None = None) -> Iterator[_Request]:
        assert self.started
        metadata = self._next(wait, flush)
        self.world.held += 1
        try:
            yield _Request(self, metadata)
        finally:
            self.world.held -= 1

    def autofocus_cycle(self, wait: float) -> bool:
        assert self.world.lens
        self.controls["AfMode"] = AfModeEnum.Auto
        deadline = time.monotonic() + wait
        for _ in range(SCAN):
            if time.monotonic() > deadline:
                raise TimeoutError
            self._next(wait, None)
        self.world.scan = 0
        return bool(self.world.focusable)

    def cancel_all_and_flush(self) -> None:
        self._cancelled.set()

    def close(self) -> None:
        if self.world.hang:
            self.world.leave.wait(30)
        if not self.is_open:
            return
        super().close()
        self.world.opened.discard(self._num)
        self.is_open = self.started = False
        self.notifymeread.close()
        os.close(self.notifyme_w)

    def _next(self, wait: float, flush: int | None) -> dict[str, Any]:
        """The next frame's metadata, or what the library raises when there is none."""
        self._cancelled.clear()
        if self.world.stall:
            if self._cancelled.wait(wait):
                raise CancelledError
            raise TimeoutError
        exposure = self.controls.get("ExposureTime") or (5000 if self.world.lux > 100 else 66666)
        stamp = max(time.monotonic_ns(), (flush or 0) + exposure * 1000)
        self._pause((stamp - time.monotonic_ns()) / 1e9 + FRAME)
        return self._metadata(stamp, exposure)

    def _pause(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise CancelledError

    def _metadata(self, stamp: int, exposure: int) -> dict[str, Any]:
        world = self.world
        metadata: dict[str, Any] = {
            "SensorTimestamp": stamp,
            "ExposureTime": exposure,
            "AnalogueGain": self.controls.get("AnalogueGain")
            or (1.123456 if world.lux > 100 else 16.0),
            "DigitalGain": 1.0,
            "ColourTemperature": 4500,
            "Lux": world.lux,
            "FocusFoM": 8300,
        }
        if world.lens:
            metadata |= {"SensorTemperature": world.temperature, **self._focus()}
        if world.model == "imx500" and next(world.frames) % 3:  # every third has no result yet
            seen = [each.split(":") for each in world.detect.split(";") if each]
            metadata["CnnOutputTensor"] = [list(map(float, each)) for each in seen]
        metadata["ScalerCrop"] = self.controls.get("ScalerCrop", (0, 0, *world.array))
        return {key: metadata[key] for key in metadata.keys() - world.fields_absent}

    def _focus(self) -> dict[str, Any]:
        world = self.world
        mode = self.controls.get("AfMode", AfModeEnum.Manual)
        if mode == AfModeEnum.Manual:
            return {"AfState": 0, "LensPosition": self.controls["LensPosition"]}
        if world.scan > 0:
            world.scan -= 1
            return {"AfState": 1, "LensPosition": 10.0}
        return {"AfState": 2 if world.focusable else 3, "LensPosition": 1 / world.distance}
