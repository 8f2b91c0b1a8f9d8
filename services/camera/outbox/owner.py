"""A spool folder belongs to one node: to one process at a time, and to one name for good.

Two nodes in one folder would send one another's captures, and keep one another's settings.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from lookout.host.run import Unusable

NAME: Final = "owner"
LONGEST: Final = 64  # bytes of a node's name, and some

logger = structlog.get_logger()


@contextmanager
def owned(folder: Path, node: str) -> Iterator[None]:
    """Keep the folder for this node while the context lasts. Raises Unusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / NAME).open("a+b")
    except OSError as error:  # the spool itself tells what follows from that
        logger.warning("the spool's owner cannot be noted", folder=str(folder), reason=str(error))
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unusable(
                f"The spool {folder} is in use by another process: is {node} running already, or "
                "has another node this spool.path? Give each its own."
            ) from None
        file.seek(0)
        owner = file.read(LONGEST).decode(errors="replace").strip()
        if owner and owner != node:
            raise Unusable(
                f"The spool {folder} belongs to the node {owner}: give {node} a spool.path of its "
                f"own. If {owner} is no more and its captures are sent, remove {folder / NAME}."
            )
        if not owner:
            file.write(node.encode())
            file.flush()
        yield
