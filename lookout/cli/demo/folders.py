"""What the demo leaves on disk while it runs."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lookout.cli.connection import demo_file
from lookout.errors import LookoutError


class NoFolder(LookoutError):
    """The demo cannot write where it must; the message names the folder and the next step."""


@contextmanager
def data_folder(wanted: Path | None) -> Iterator[Path]:
    """The folder for everything: the one that was asked for, or one that goes away."""
    if wanted is not None:
        try:
            wanted.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=wanted):
                pass
        except OSError as error:
            raise NoFolder(
                f"--data {wanted}: nothing can be written there ({error.strerror}). Name another "
                "folder, or leave it out."
            ) from None
        yield wanted.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="lookout-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@contextmanager
def connection_file(urls: Mapping[str, str]) -> Iterator[None]:
    """Tell the `lookout` command how to reach this demo, in a file that only its owner can read."""
    path, text = demo_file(), "".join(f"{name}={url}\n" for name, url in urls.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)  # another demo's, perhaps with other rights
        path.touch(mode=0o600)
        path.write_text(text)
    except OSError as error:
        raise NoFolder(
            f"{path} cannot be written ({error.strerror}): it tells `lookout` where the demo is. "
            "Set XDG_RUNTIME_DIR to a folder of yours."
        ) from None
    try:
        yield
    finally:
        if path.exists() and path.read_text() == text:  # a second demo may have its own by now
            path.unlink()
