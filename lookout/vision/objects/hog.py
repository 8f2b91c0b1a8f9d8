"""People by OpenCV's own HOG detector: no file is needed, and it sees few (docs/analytics.md)."""

from typing import Final

import cv2
import numpy as np

from lookout.contract.images import PERSON
from lookout.vision.objects.decoding import apart
from lookout.vision.objects.fit import Fit
from lookout.vision.objects.thing import Thing
from lookout.vision.pictures import drawn, opened
from lookout.vision.upright import upright_size

WIDTH: Final = 640  # pixels; people of less than a fifth of the height are not found in it
STRIDE: Final = (8, 8)
SCALE: Final = 1.05
LEAST_WEIGHT: Final = 0.5  # of its support vector machine, which is no probability


class Hog:
    """The detector of Dalal and Triggs (2005), as OpenCV trained it."""

    def __init__(self, least_weight: float = LEAST_WEIGHT) -> None:
        self._least = least_weight
        self._hog = cv2.HOGDescriptor()
        weights = cv2.HOGDescriptor.getDefaultPeopleDetector()
        self._hog.setSVMDetector(np.array(weights, dtype=np.float32))

    @property
    def name(self) -> str:
        return f"hog@opencv-{cv2.__version__}"

    def look(self, jpeg: bytes) -> list[Thing]:
        """People, the surest first. Raises BadPicture."""
        with opened(jpeg) as image:
            size = upright_size(image)
            # No taller than wide: an upright phone's picture would take four times as long.
            fit = Fit.of(size, (min(WIDTH, size[0]), min(WIDTH, size[1])))
            picture = np.asarray(drawn(image, (fit.width, fit.height)))
        if min(picture.shape[0] / 128, picture.shape[1] / 64) < 1:
            return []  # smaller than what it looks for
        boxes, weights = self._hog.detectMultiScale(
            picture, winStride=STRIDE, scale=SCALE, hitThreshold=0
        )
        sure = [
            (float(weight), box)
            for box, weight in zip(boxes, np.ravel(weights), strict=True)
            if weight >= self._least
        ]
        sure.sort(key=lambda each: -each[0])
        whole = np.array([fit.width, fit.height] * 2, dtype=np.float32)
        corners = np.array(
            [(x, y, x + width, y + height) for _, (x, y, width, height) in sure], dtype=np.float32
        ).reshape(-1, 4)
        kept = apart(corners / whole, np.zeros(len(sure), dtype=np.intp))
        exact = Fit((fit.width, fit.height), 0, 0, fit.width, fit.height)
        return [
            Thing(PERSON, round(min(1.0, sure[at][0]), 3), exact.box(corners[at] / whole))
            for at in kept
        ]
