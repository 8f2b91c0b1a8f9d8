"""From what a person wrote (`auto`, `hog`, a name, a file) to a model that is ready."""

from pathlib import Path
from typing import Final

from lookout.vision.objects.models import BEST, MODELS
from lookout.vision.objects.thing import LEAST_SCORE, BadModel, Detector

AUTO: Final = "auto"
HOG: Final = "hog"
SUFFIXES: Final = (".onnx", ".weights")
NEEDED: Final = "This needs OpenCV: pip install 'lookout-hub[analytics]'."


def opened(
    model: str,
    folder: Path,
    *,
    size: int | None = None,
    least_score: float = LEAST_SCORE,
    threads: int = 1,
) -> Detector:
    """The detector; `threads` are those of OpenCV, in the whole process. Raises BadModel."""
    try:
        import cv2  # noqa: PLC0415 - a hub that counts nobody has none

        from lookout.vision.objects import hog, network  # noqa: PLC0415 - the same
    except ImportError:
        raise BadModel(NEEDED) from None
    cv2.setNumThreads(threads)
    name = chosen(model, folder)
    if name == HOG:
        return hog.Hog()
    if name.endswith(SUFFIXES):
        return network.opened(Path(name), size=size, least_score=least_score)
    path = MODELS[name].path(folder, name)
    return network.opened(path, name=name, size=size, least_score=least_score)


def chosen(model: str, folder: Path) -> str:
    """What `auto` is here; else `model` itself, where there is one. Raises BadModel."""
    if model == AUTO:
        return BEST if MODELS[BEST].is_whole(folder, BEST) else HOG
    if model == HOG or model.endswith(SUFFIXES):
        return model
    if model not in MODELS:
        known = ", ".join(MODELS)
        raise BadModel(
            f"There is no model {model!r}: expected {AUTO}, {HOG}, {known}, or a file that ends in "
            f"{' or '.join(SUFFIXES)}."
        )
    if not MODELS[model].is_whole(folder, model):
        raise BadModel(
            f"{model} is not in {folder}: `lookout models fetch {model}` brings it there."
        )
    return model
