"""Fetch a model's archive, take its files out, and believe none of it but by its SHA-256."""

import hashlib
import tarfile
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from lookout.host.files import replace_file
from lookout.vision.objects.models import File, Model
from lookout.vision.objects.thing import BadModel

PIECE: Final = 1 << 18  # bytes
STALL_SECONDS: Final = 30.0  # without a byte

Told = Callable[[int], None]  # is called with the bytes that are there so far


def fetch(model: Model, name: str, folder: Path, told: Told) -> Path:
    """Fetch a model into `folder`; one that was begun is gone on with. The path to open.

    Raises BadModel, and then nothing half is there but the archive's beginning.
    """
    own = folder / name
    archive = own / "archive.part"
    try:
        own.mkdir(parents=True, exist_ok=True)
        _download(model, archive, told)
        _take_out(model, archive, own)
        archive.unlink()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BadModel(
            f"{name} could not be fetched from {model.url} to {own}: {error}. Try again: what "
            "has come so far is kept."
        ) from None
    return model.path(folder, name)


def _download(model: Model, archive: Path, told: Told) -> None:
    there = archive.stat().st_size if archive.exists() else 0
    if there < model.bytes:
        request = urllib.request.Request(model.url)  # noqa: S310 - of our own table
        if there:
            request.add_header("Range", f"bytes={there}-")
        with urllib.request.urlopen(request, timeout=STALL_SECONDS) as answer:  # noqa: S310
            goes_on = answer.status == HTTPStatus.PARTIAL_CONTENT
            with archive.open("ab" if goes_on else "wb") as file:
                _copy(answer, file, model.bytes, told)
    told(archive.stat().st_size)
    if archive.stat().st_size < model.bytes:
        raise OSError(f"the connection ended after {archive.stat().st_size:,} bytes")
    if _sha256(archive) != model.sha256:
        archive.unlink()
        raise BadModel(
            f"What {model.url} gave is not what it was (another SHA-256): it was thrown away."
        )


def _copy(answer: Any, file: Any, most: int, told: Told) -> None:
    # No more than we know it to have: a server could go on for ever.
    while file.tell() < most and (piece := answer.read(min(PIECE, most - file.tell()))):
        file.write(piece)
        told(file.tell())


def _take_out(model: Model, archive: Path, own: Path) -> None:
    with tarfile.open(archive, "r:gz") as tar:
        # The model itself last: while it is not there, it is not fetched.
        for file in reversed(model.files):
            replace_file(own / file.name, _content(tar, file))


def _content(tar: tarfile.TarFile, file: File) -> bytes:
    try:
        member = tar.extractfile(file.member)
    except KeyError:
        member = None
    content = member.read(file.bytes + 1) if member else b""
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise BadModel(f"The archive holds no {file.member} as it should be.")
    return content


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
