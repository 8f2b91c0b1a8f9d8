"""What picamera2 and libcamera raise, said to a person with the next step."""

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager

from services.camera.sources.source import SourceError

_HINTS = {
    "busy": "It is in use by another process, which `sudo fuser -v /dev/media*` names: stop that.",
    "memory": "Set a smaller camera.resolution, or give the camera more memory (dtoverlay=cma).",
}


@contextmanager
def plain_errors() -> Iterator[None]:
    """Raise SourceError for whatever the library raises: its errors are of many kinds."""
    try:
        yield
    except SourceError:
        raise
    except CancelledError as error:
        raise SourceError("The capture was interrupted, as the camera is being closed.") from error
    except Exception as error:
        reasons = list(_reasons(error))
        text = " ".join(reasons).lower()
        hint = next(
            (hint for word, hint in _HINTS.items() if word in text),
            "Check the camera with `rpicam-hello --list-cameras`.",
        )
        raise SourceError(f"The camera failed ({reasons[-1].rstrip('.')}). {hint}") from error


def _reasons(error: BaseException | None) -> Iterator[str]:
    """What was said from the outermost error to the first cause."""
    while error is not None:
        yield str(error) or type(error).__name__
        error = error.__cause__
