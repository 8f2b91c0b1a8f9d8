"""One camera through picamera2, blocking: its configuration, its frames, its lens."""

import atexit
import contextlib
import time
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from services.camera.settings import Camera
from services.camera.settings.boxes import WHOLE
from services.camera.sources import controls, imx500, piencoder, pilibrary
from services.camera.sources import metadata as measured
from services.camera.sources.focus import Focus
from services.camera.sources.live import LiveRequest
from services.camera.sources.metadata import AfState
from services.camera.sources.plain_errors import plain_errors
from services.camera.sources.size import fitted
from services.camera.sources.source import Picture, SourceError

if TYPE_CHECKING:
    from lookout.vision.frames import GreyFrame

LORES = (640, 480)  # pixels at most, for detectors and the live view; the camera scales for free
ROUNDED = 16  # sensor pixels by which a crop may come out otherwise than asked for


class Driver:
    """One camera, blocking. All but `interrupt` and `abandon` are for one thread only."""

    def __init__(self, settings: Camera) -> None:
        self._settings = settings
        self._wait = 0.9 * settings.deadline  # before the caller gives up, to say what is wrong
        self._camera: Any = None
        self._fresh = False  # whether the library can wait for a frame exposed after a call
        self._has_lens = False
        self._encoder: Any = None  # of the live view
        self._network: imx500.Network | None = None  # of an AI camera
        self._sensor_hdr = False  # whether we have switched it on
        self.model = "picamera2"
        self.resolution: tuple[int, int] | None = None
        self.sensor: tuple[int, int] | None = None  # its pixels

    def open(self) -> None:
        with plain_errors():
            library = pilibrary.library_class()
            number = self._settings.number
            found = pilibrary.found(library, number)
            self.model = str(found.get("Model"))
            if self._settings.network is not None:
                score = self._settings.network_score
                self._network = imx500.loaded(self._settings.network, found, score)
            if self._settings.hdr == "sensor" and self.model.startswith(controls.SENSOR_HDR):
                pilibrary.switch_sensor_hdr(number, enable=True)
                self._sensor_hdr = True
            self._camera = pilibrary.construct(library, number)
            self.model = str(self._camera.camera_properties.get("Model", self.model))
            self._configure()
            self._camera.start()
            deadline = time.monotonic() + self._wait
            with self._request(deadline) as request:
                fields = request.get_metadata().keys()
            if self._settings.crop != WHOLE:
                self._zoom(deadline)
            self._fresh = {"SensorTimestamp", "ExposureTime"} <= fields

    def take(self, quality: int) -> Picture:
        """The first frame exposed from now on that is not blurred by a moving lens."""
        if self._camera is None:
            raise SourceError("The camera is not open.")
        deadline = time.monotonic() + self._wait
        with plain_errors():
            focused = self._focus_once(deadline)
            since = time.monotonic_ns() if self._fresh else None
            patience = self._patience(deadline)
            while True:
                with self._request(deadline, since) as request:
                    metadata = request.get_metadata()
                    if _scanning(metadata) and time.monotonic() < patience:
                        continue
                    seen = self._network.detections(metadata) if self._network else None
                    if self._network and seen is None and time.monotonic() < deadline - 1:
                        continue  # frames without a result are normal
                    return self._picture(request, metadata, quality, focused, seen)

    def grey(self, size: tuple[int, int]) -> "GreyFrame":
        """The brightness of the low-resolution stream, at most `size`."""
        if self._camera is None:
            raise SourceError("The camera is not open.")
        from lookout.vision.frames import fitted_grey

        with plain_errors(), self._request(time.monotonic() + self._wait) as request:
            planes = request.make_array("lores")  # brightness, then colour; rows are padded
            width, height = request.config["lores"]["size"]
            return fitted_grey(planes[:height, :width], size)

    def start_live(self, request: LiveRequest) -> None:
        if self._camera is None:
            raise SourceError("The camera is not open.")
        self.stop_live()
        with plain_errors():
            with self._request(time.monotonic() + self._wait) as frame:
                duration = frame.get_metadata().get("FrameDuration", 33_333)  # microseconds
            self._encoder = piencoder.start(self._camera, request, duration / 1e6)

    def stop_live(self) -> None:
        encoder, self._encoder = self._encoder, None
        if encoder is not None and self._camera is not None:
            with contextlib.suppress(Exception):  # there is nothing more to stop then
                self._camera.stop_encoder(encoder)

    def lux(self) -> float | None:
        if self._camera is None:
            raise SourceError("The camera is not open.")
        with plain_errors(), self._request(time.monotonic() + self._wait) as request:
            return measured.lux(request.get_metadata())

    def interrupt(self) -> None:
        """Make what waits for a frame give up."""
        if self._camera is not None:
            self._camera.cancel_all_and_flush()

    def close(self) -> None:
        self.stop_live()
        if self._camera is not None:
            self._camera.close()
            self._camera = None
        if self._sensor_hdr:
            self._sensor_hdr = False
            pilibrary.switch_sensor_hdr(self._settings.number, enable=False)

    def abandon(self) -> None:
        """Keep the library from hanging the end of the process too: it closes once more then."""
        if self._camera is not None:
            atexit.unregister(self._camera.close)

    def check(self, settings: Camera) -> None:
        """Raises SourceError when the open camera lacks what these ask for."""
        if self._camera is not None:
            controls.check(settings, self._camera.camera_controls, self.model)

    def _configure(self) -> None:
        camera, settings = self._camera, self._settings
        controls.check_presence(settings, camera.camera_controls, self.model)
        limits = camera.camera_controls
        self._has_lens = "AfMode" in limits
        self.sensor = camera.sensor_resolution
        size = controls.main_size(settings, camera.sensor_resolution)
        mode = controls.sensor_mode(settings, camera.sensor_modes, size)
        camera.configure(
            camera.create_still_configuration(
                main={"size": size, "format": "BGR888"},
                # One configuration for all: switching would cost a second for each picture.
                lores={"size": _even(fitted(size, LORES)), "format": "YUV420"},
                sensor=mode,
                raw=None,  # saves as much memory as the sensor has pixels
                transform=_transform(settings),
                buffer_count=2,  # with one the camera stops while a picture is encoded
                controls={**controls.light(settings), **controls.lens(settings, limits)},
            )
        )
        controls.check(settings, camera.camera_controls, self.model)  # limits follow from the mode
        self.resolution = tuple(camera.camera_configuration()["main"]["size"])

    def _zoom(self, deadline: float) -> None:
        """Crop, and wait until a frame says so: before the start not every platform takes it."""
        most = self._camera.camera_controls["ScalerCrop"][1]
        wanted = controls.scaler_crop(self._settings, most)
        self._camera.set_controls({"ScalerCrop": wanted})
        while time.monotonic() < deadline:
            with self._request(deadline) as request:
                shown = request.get_metadata().get("ScalerCrop", wanted)
            if all(abs(a - b) <= ROUNDED for a, b in zip(shown, wanted, strict=True)):
                return
        raise SourceError(f"camera.crop = {self._settings.crop}: the camera does not take it.")

    def focus(self) -> Focus | None:
        """One focus cycle by command; afterwards the lens goes on as it is set."""
        if self._camera is None:
            raise SourceError("The camera is not open.")
        if not self._has_lens:
            return None
        deadline = time.monotonic() + self._wait
        with plain_errors():
            found = self._cycle(deadline)
            with self._request(deadline) as request:
                position = measured.number(request.get_metadata(), "LensPosition")
            if self._settings.autofocus != "cycle":
                limits = self._camera.camera_controls
                self._camera.set_controls(controls.lens(self._settings, limits))
        return Focus(found, position)

    def _focus_once(self, deadline: float) -> bool | None:
        """Run one focus cycle where that is asked for: whether it found focus, None if not run."""
        if not self._has_lens or self._settings.autofocus != "cycle":
            return None
        return self._cycle(deadline)

    def _cycle(self, deadline: float) -> bool:
        wait = min(self._settings.autofocus_timeout, (deadline - time.monotonic()) / 2)
        try:
            return bool(self._camera.autofocus_cycle(wait=wait))
        except TimeoutError:
            self._camera.cancel_all_and_flush()  # or the cycle would eat the next frames
            return False

    def _patience(self, deadline: float) -> float:
        """Until when to wait for the continuous autofocus to come to rest."""
        if not self._has_lens or self._settings.autofocus != "continuous":
            return 0.0
        now = time.monotonic()
        return now + min(self._settings.autofocus_timeout, (deadline - now) / 2)

    @contextlib.contextmanager
    def _request(self, deadline: float, since: int | None = None) -> Iterator[Any]:
        """One completed request of libcamera: the pictures and metadata of the same frame."""
        wait = max(0.05, deadline - time.monotonic())
        try:
            with self._camera.captured_request(wait=wait, flush=since) as request:
                yield request
        except TimeoutError as error:
            self._camera.cancel_all_and_flush()  # the abandoned job would eat a frame later
            raise SourceError(
                f"The camera gave no frame within {self._wait:g} s. If that goes on, "
                "switch the Pi off and check the camera cable at both ends."
            ) from error

    def _picture(
        self,
        request: Any,
        metadata: dict[str, Any],
        quality: int,
        focused: bool | None,
        seen: list[dict[str, JsonValue]] | None,
    ) -> Picture:
        out = BytesIO()
        self._camera.options["quality"] = quality
        request.save("main", out, format="jpeg")
        meta = measured.meta(metadata)
        if focused is None and self._has_lens and self._settings.autofocus == "continuous":
            focused = measured.af_state(metadata) is AfState.FOCUSED
        if focused is not None:
            meta["focused"] = focused
        if seen is not None:
            meta |= imx500.told(seen)
        width, height = request.config["main"]["size"]
        return Picture(
            out.getvalue(),
            measured.exposure_start(metadata),
            width,
            height,
            measured.lux(metadata),
            measured.temperature(metadata),
            meta,
        )


def _transform(settings: Camera) -> Any:
    """What the sensor does: mirrors and half a turn, unless the picture is cropped."""
    from libcamera import Transform

    if not settings.sensor_flips:
        return Transform()
    half = settings.rotation == 180
    return Transform(hflip=settings.hflip != half, vflip=settings.vflip != half)


def _even(size: tuple[int, int]) -> tuple[int, int]:
    return max(2, size[0] & ~1), max(2, size[1] & ~1)


def _scanning(metadata: dict[str, Any]) -> bool:
    return measured.af_state(metadata) is AfState.SCANNING
