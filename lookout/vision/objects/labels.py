"""What stands beside a model's file: its labels, and Darknet's cfg."""

import re
from pathlib import Path
from typing import Final

from lookout.vision.objects.thing import BadModel

MOST_LABELS: Final = 10_000
MOST_BYTES: Final = 1_000_000


def read_labels(model: Path) -> list[str]:
    """The labels of a model, one a line, from the file of its name that ends in .names.

    Raises BadModel.
    """
    path = model.with_suffix(".names")
    text = _text(path, f"It needs its labels beside it, one a line, in {path.name}.")
    labels = [line.strip() for line in text.splitlines() if line.strip()]
    if not 0 < len(labels) <= MOST_LABELS:
        raise BadModel(
            f"{path} names {len(labels)} labels: expected 1 to {MOST_LABELS}, one a line."
        )
    for label in labels:
        if "," in label or not label.isprintable():
            raise BadModel(
                f"{path}: the label {label[:40]!r} may hold no comma or control character."
            )
    return labels


def darknet_size(cfg: Path) -> tuple[int, int]:
    """Width and height of the input, from Darknet's cfg. Raises BadModel."""
    text = _text(cfg, "A Darknet model needs its cfg beside its weights.")
    found = [
        re.search(rf"^\s*{name}\s*=\s*(\d+)", text, re.MULTILINE) for name in ("width", "height")
    ]
    if not all(found):
        raise BadModel(f"{cfg} names no width and height: it is no Darknet cfg.")
    width, height = (int(each[1]) for each in found if each)
    if not (32 <= width <= 4096 and 32 <= height <= 4096):
        raise BadModel(f"{cfg}: an input of {width} x {height} pixels; expected 32 to 4096.")
    return width, height


def _text(path: Path, advice: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode()
    except OSError as error:
        raise BadModel(f"{path} cannot be read ({error.strerror}). {advice}") from None
    except UnicodeDecodeError:
        raise BadModel(f"{path} is not text in UTF-8. {advice}") from None
