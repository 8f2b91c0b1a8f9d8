"""From a network's numbers to boxes: pure, for the shapes that the families YOLO and SSD have.

- Darknet (v2, v3, v4): each output is rows of x, y, width, height (centre; parts of the input),
  objectness, and for each class a score that has the objectness in it already (OpenCV's region
  layer multiplies them).
- v5, v6, v7 as ONNX: (1, rows, 5 + classes); pixels of the input, objectness, scores without it.
- v8, v9, v11 as ONNX: (1, 4 + classes, rows); pixels of the input, scores, no objectness.
- v10, and others that sort out their boxes themselves: (1, rows, 6); left, top, right, bottom in
  pixels of the input, score, number of the class. With one class (1, rows, 6) is v5 to v7, but for
  300 rows, which is as many as v10 gives and no square input of the others has.
- SSD, by Caffe's DetectionOutput: (1, 1, rows, 7); number of the picture, number of the class
  (0 is the background, which the labels name), score, left, top, right, bottom as parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lookout.vision.objects.thing import BadModel

Floats = NDArray[np.float32]

OVERLAP: Final = 0.45  # two boxes of one class that share more of their union are one thing
MOST_LOOKED_AT: Final = 1_000  # candidates, the surest
MOST_FOUND: Final = 100  # things in a picture
SORTED_ROWS: Final = 300  # of YOLOv10
BACKGROUND: Final = "background"  # no thing: the first of an SSD's labels


@dataclass(frozen=True, slots=True)
class Found:
    """Corners (left, top, right, bottom) as parts of the input, scores 0 to 1, class numbers."""

    corners: Floats  # (n, 4)
    scores: Floats  # (n,)
    classes: NDArray[np.intp]  # (n,)


def decode(
    outputs: Sequence[Any], *, size: tuple[int, int], classes: int, least_score: float
) -> Found:
    """What a network's outputs say; `size` is that of its input, width and height in pixels.

    Raises BadModel when no shape of the family fits so many classes.
    """
    arrays: list[Floats] = [np.asarray(each, dtype=np.float32) for each in outputs]
    rows = _rows(arrays, size, classes)
    scores = rows[:, 4:]
    best = scores.argmax(axis=1) if len(rows) else np.zeros(0, dtype=np.intp)
    sure = scores[np.arange(len(rows)), best]
    # What a broken weight makes of a picture is not a number; it is nothing seen.
    good = np.isfinite(rows[:, :4]).all(axis=1) & np.isfinite(sure) & (sure >= least_score)
    order = np.flatnonzero(good)
    order = order[np.argsort(-sure[order], kind="stable")][:MOST_LOOKED_AT]
    corners = _corners(rows[order, :4])
    kept = apart(corners, best[order])[:MOST_FOUND]
    return Found(corners[kept], sure[order][kept], best[order][kept])


def apart(corners: Floats, classes: NDArray[np.intp], overlap: float = OVERLAP) -> list[int]:
    """Which boxes stay when of those that overlap, of one class, only the first does."""
    kept: list[int] = []
    for number in range(len(corners)):
        own = [each for each in kept if classes[each] == classes[number]]
        if not own or _shared(corners[own], corners[number]).max() <= overlap:
            kept.append(number)
    return kept


def _rows(arrays: Sequence[Floats], size: tuple[int, int], classes: int) -> Floats:
    """Of all shapes: x, y, width, height as parts of the input, then the score of each class."""
    if arrays and all(each.ndim == 2 and each.shape[1] == 5 + classes for each in arrays):
        whole = np.concatenate(arrays)
        return np.concatenate([whole[:, :4], whole[:, 5:]], axis=1)
    if len(arrays) == 1 and arrays[0].ndim == 4 and arrays[0].shape[:2] == (1, 1):
        array = arrays[0][0, 0]
        if array.shape[1] == 7:
            return _sorted(array[:, 3:], array[:, 2], array[:, 1], classes)
    if len(arrays) == 1 and arrays[0].ndim == 3 and arrays[0].shape[0] == 1:
        (array,) = arrays[0]
        parts = np.array([*size, *size], dtype=np.float32)
        if array.shape[1] == 6 and (classes > 1 or len(array) == SORTED_ROWS):
            return _sorted(array[:, :4] / parts, array[:, 4], array[:, 5], classes)
        if array.shape[1] == 5 + classes:
            return np.concatenate([array[:, :4] / parts, array[:, 5:] * array[:, 4:5]], axis=1)
        if array.shape[0] == 4 + classes:
            return np.concatenate([array.T[:, :4] / parts, array.T[:, 4:]], axis=1)
    shapes = ", ".join(str(each.shape) for each in arrays) or "nothing"
    raise BadModel(
        f"its outputs are {shapes}. For {classes} labels expected: rows of {5 + classes} "
        f"(Darknet), (1, rows, {5 + classes}) as YOLOv5, (1, {4 + classes}, rows) as YOLOv8, "
        "(1, rows, 6) as YOLOv10, or (1, 1, rows, 7) as SSD. "
        "Either the file of labels is of another model, or the model is of another family"
    )


def _sorted(corners: Floats, scores: Floats, numbers: Floats, classes: int) -> Floats:
    """Rows as those of the others, of a network that says itself which class each box has."""
    real = np.isfinite(scores) & np.isfinite(numbers) & (scores > 0) & (numbers >= 0)
    corners, scores, numbers = corners[real], scores[real], numbers[real]
    if len(numbers) and numbers.max() >= classes:
        raise BadModel(
            f"it tells of class {numbers.max():.0f}, and its {classes} labels end with number "
            f"{classes - 1}: the file of labels is of another model"
        )
    low, high = corners[:, :2], corners[:, 2:]
    rows = np.zeros((len(scores), 4 + classes), dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        rows[:, :2], rows[:, 2:4] = (low + high) / 2, high - low
    rows[np.arange(len(scores)), 4 + numbers.astype(np.intp)] = scores
    return rows


def _corners(boxes: Floats) -> Floats:
    half = boxes[:, 2:] / 2
    with np.errstate(over="ignore"):  # what is beyond all numbers is beyond the picture
        corners = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)
    clipped: Floats = np.clip(corners, 0.0, 1.0)
    return clipped


def _shared(boxes: Floats, box: Floats) -> Floats:
    """The part of their union that each of `boxes` and `box` have in common."""
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    common = np.prod(np.maximum(0.0, high - low), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    own = np.prod(box[2:] - box[:2])
    found: Floats = common / np.maximum(areas + own - common, 1e-9)
    return found
