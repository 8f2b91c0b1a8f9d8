"""`python -m services.camera.outbox.spooltool [--flush|--put-back] FOLDER...`: what waits, as JSON.

For `lookout spool`, which may run beside the node that owns the folder.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from lookout.contract.errors import BadMessage
from services.camera.outbox import refused, spoolfile

_LEFTOVERS: Final = ("*.capture", "*.damaged", "*.writing")


def look(folder: Path) -> dict[str, Any]:
    """Number, bytes, first and last time (Unix seconds) and damaged files. Raises OSError."""
    files = sorted(path for path in folder.iterdir() if path.suffix == spoolfile.SUFFIX)
    sizes = {path: path.stat().st_size for path in files}
    damaged = [path.name for path in files if not _whole(path)]
    damaged += sorted(path.name for path in folder.glob("*.damaged"))
    times = [int(path.stem) / 1000 for path in files if path.stem.isdecimal()]
    return {
        "path": str(folder),
        "count": len(sizes),
        "bytes": sum(sizes.values()),
        "oldest": min(times, default=None),
        "newest": max(times, default=None),
        "damaged": damaged,
        "refused": refused.look(folder),
    }


def flush(folder: Path) -> int:
    """Remove what waits, damaged files too; how many. Raises OSError."""
    gone = [path for pattern in _LEFTOVERS for path in folder.glob(pattern)]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _whole(path: Path) -> bool:
    """Whether the node could send it; a file that it just removed is no damage."""
    try:
        spoolfile.read(path)
    except FileNotFoundError:
        return True
    except (OSError, BadMessage):
        return False
    return True


def main() -> None:
    """Print one JSON list; exit 1 with a sentence when a folder cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flush", action="store_true", help="remove what waits")
    parser.add_argument("--put-back", action="store_true", help="offer what was refused again")
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    try:
        found = [look(folder) for folder in given.folders]
        if given.flush:
            found = [{**each, "removed": flush(Path(each["path"]))} for each in found]
        if given.put_back:
            found = [{**each, "put_back": refused.put_back(Path(each["path"]))} for each in found]
    except OSError as error:
        sys.exit(f"The spool {error.filename} cannot be used: {error.strerror}.")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
