"""What the hub refused for good, set aside beside the spool: bounded, with the reason, to look at.

Nothing is thrown away for what somebody else said of it. `lookout spool put-back` moves it into
`back`, where the node finds it.
"""

from pathlib import Path
from typing import Final

from services.camera.outbox import spoolfile

FOLDER: Final = "refused"
BACK: Final = "back"
REASON: Final = ".reason"
MOST_FILES: Final = 200
MOST_BYTES: Final = 100_000_000


def set_aside(spool: Path, milliseconds: int, reason: str) -> int:
    """Move a capture out of the spool; how many older ones went for it. Raises OSError."""
    source = spoolfile.path_of(spool, milliseconds)
    folder = spool / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / source.name).with_suffix(REASON).write_text(f"{reason}\n")
    source.rename(folder / source.name)
    return _make_room(folder)


def put_back(spool: Path) -> int:
    """Offer all that was refused to the node again; how many there are. Raises OSError."""
    captures = _captures(spool / FOLDER)
    if captures:
        (spool / BACK).mkdir(exist_ok=True)
    for path in captures:
        path.rename(spool / BACK / path.name)
        path.with_suffix(REASON).unlink(missing_ok=True)
    return len(captures)


def take_back(spool: Path) -> dict[int, int]:
    """Move what was put back into the spool: milliseconds and bytes of each. Raises OSError."""
    found = {}
    for path in _captures(spool / BACK):
        place = spool / path.name
        path.rename(place)
        found[int(place.stem)] = place.stat().st_size
    return found


def look(spool: Path) -> list[dict[str, str]]:
    """The name of each that was refused, and why."""
    return [
        {"name": path.name, "reason": _read(path.with_suffix(REASON))}
        for path in _captures(spool / FOLDER)
    ]


def _captures(folder: Path) -> list[Path]:
    found = folder.glob(f"*{spoolfile.SUFFIX}")
    return sorted(path for path in found if path.stem.isdecimal())


def _make_room(folder: Path) -> int:
    """Remove the oldest of too many, or of too large ones."""
    captures = _captures(folder)
    sizes = {path: path.stat().st_size for path in captures}
    total, gone = sum(sizes.values()), 0
    while len(captures) - gone > MOST_FILES or (total > MOST_BYTES and gone < len(captures) - 1):
        path = captures[gone]
        total, gone = total - sizes[path], gone + 1
        path.unlink(missing_ok=True)
        path.with_suffix(REASON).unlink(missing_ok=True)
    return gone


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return "no reason is noted"
