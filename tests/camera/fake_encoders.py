"""picamera2's encoders and outputs, by hand: a JPEG after the other from a thread."""

import sys
import threading
from enum import IntEnum
from io import BytesIO
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

PAUSE = 0.01  # seconds between two frames


class Quality(IntEnum):
    VERY_LOW = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    VERY_HIGH = 4


class Output:
    def outputframe(self, frame: bytes, keyframe: bool = True, timestamp: int = 0) -> None:
        raise NotImplementedError


class JpegEncoder:
    """Runs until it is stopped; an exception in the output ends it, as in the library."""

    def __init__(self, num_threads: int = 4, q: int | None = None) -> None:
        self.q = q
        self.frame_skip_count = 1
        self._stopped = threading.Event()

    def start(self, size: tuple[int, int], output: Output) -> None:
        self._thread = threading.Thread(target=self._run, args=(size, output), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self, size: tuple[int, int], output: Output) -> None:
        out = BytesIO()
        Image.new("RGB", size, (90, 120, 90)).save(out, "JPEG", quality=self.q or 50)
        while not self._stopped.wait(PAUSE * self.frame_skip_count):
            output.outputframe(out.getvalue(), timestamp=0)


class MJPEGEncoder:
    """The hardware's, on a machine where another program has it."""

    frame_skip_count = 1

    def start(self, size: tuple[int, int], output: Output) -> None:
        raise OSError(16, "Device or resource busy")


class Encoding:
    """The camera's methods for encoders."""

    running: set[Any]

    def start_encoder(self, encoder: Any, output: Output, name: str, quality: Any) -> None:
        assert (quality is None) == isinstance(encoder, JpegEncoder)
        encoder.start(self.camera_configuration()[name]["size"], output)  # type: ignore[attr-defined]
        self.running = {*getattr(self, "running", ()), encoder}

    def stop_encoder(self, encoders: Any) -> None:
        self.running.remove(encoders)
        encoders.stop()

    def close(self) -> None:
        assert not getattr(self, "running", None), "an encoder holds on to the camera's buffers"


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put them where `from picamera2 import encoders` finds them."""
    encoders, outputs = ModuleType("picamera2.encoders"), ModuleType("picamera2.outputs")
    for kind in (JpegEncoder, MJPEGEncoder, Quality):
        setattr(encoders, kind.__name__, kind)
    outputs.Output = Output  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2.encoders", encoders)
    monkeypatch.setitem(sys.modules, "picamera2.outputs", outputs)
    sys.modules["picamera2"].encoders = encoders  # type: ignore[attr-defined]
