"""A YOLO or SSD model by OpenCV's dnn, from a file: ONNX, or Darknet's weights with its cfg."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from lookout.vision.objects.decoding import BACKGROUND, decode
from lookout.vision.objects.fit import Fit, pixels
from lookout.vision.objects.labels import darknet_size, read_labels
from lookout.vision.objects.thing import LEAST_SCORE, BadModel, Thing, people_first

SIZES: Final = (640, 416, 320, 512, 256, 224, 1280)  # tried in turn where the file names none
_VERSION: Final = 12  # characters of a file's SHA-256


@dataclass(frozen=True, slots=True)
class Network:
    """A network that has looked at a grey picture already: a wrong one is found at once."""

    net: Any
    name: str
    labels: Sequence[str]
    size: tuple[int, int]  # of its input, pixels
    least_score: float

    def look(self, jpeg: bytes) -> list[Thing]:
        """What is in a picture, people first. Raises BadPicture."""
        picture, fit = pixels(jpeg, self.size)
        found = decode(
            outputs_of(self.net, picture),
            size=self.size,
            classes=len(self.labels),
            least_score=self.least_score,
        )
        return people_first(self._things(found, fit))

    def _things(self, found: Any, fit: Fit) -> list[Thing]:
        return [
            Thing(self.labels[number], round(min(1.0, float(score)), 3), fit.box(corners))
            for corners, score, number in zip(
                found.corners, found.scores, found.classes, strict=True
            )
            if self.labels[number] != BACKGROUND
        ]


def outputs_of(net: Any, picture: Any) -> Sequence[Any]:
    """What the network makes of an RGB picture of the size of its input."""
    net.setInput(cv2.dnn.blobFromImage(picture, 1 / 255.0))
    found: Sequence[Any] = net.forward(net.getUnconnectedOutLayersNames())
    return found


def opened(
    path: Path,
    *,
    name: str = "",
    size: int | None = None,
    least_score: float = LEAST_SCORE,
) -> Network:
    """A model from its file; `size` is the side of its input where the file does not say it.

    Raises BadModel: no such file, broken, of another family, or with labels of another model.
    """
    labels = read_labels(path)
    net = _read(path)
    called = f"{name or path.stem}@{_sha256(path)[:_VERSION]}"
    problem = ""
    for side in _sizes(path, size):
        try:
            outputs = outputs_of(net, np.full((side[1], side[0], 3), 114, np.uint8))
            decode(outputs, size=side, classes=len(labels), least_score=1.0)
        except cv2.error as error:
            problem = f"it does not take pictures of {side[0]} x {side[1]} ({_first_line(error)})"
            continue
        except BadModel as error:
            raise BadModel(f"The model {path} cannot be used: {error}.") from None
        return Network(net, called, labels, side, least_score)
    raise BadModel(f"The model {path} cannot be used: {problem}. Set analytics.size to its own.")


def _read(path: Path) -> Any:
    if not path.is_file():
        raise BadModel(f"There is no model {path}: `lookout models list` shows what there is.")
    try:
        match path.suffix.lower():
            case ".onnx":
                return cv2.dnn.readNetFromONNX(str(path))
            case ".weights":
                return cv2.dnn.readNetFromDarknet(str(path.with_suffix(".cfg")), str(path))
    except cv2.error as error:
        raise BadModel(
            f"The model {path} cannot be read: it is broken, or made with something that OpenCV "
            f"{cv2.__version__} does not know ({_first_line(error)})."
        ) from None
    raise BadModel(f"The model {path}: expected a file .onnx, or .weights with .cfg beside it.")


def _sizes(path: Path, size: int | None) -> Iterator[tuple[int, int]]:
    if size is not None:
        yield size, size
    elif path.suffix.lower() == ".weights":
        yield darknet_size(path.with_suffix(".cfg"))
    else:
        yield from ((each, each) for each in SIZES)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text.rpartition("error: ")[2][:200]
