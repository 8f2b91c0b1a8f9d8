"""A service in which one task dies: `python -m tests.support.mortal SERVICE TASK MARKER`.

The task of that name runs for a moment and then raises what nobody foresaw; once, which the file
MARKER remembers, so that the service that is started anew lives on.
"""

import asyncio
import runpy
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from lookout.host.tasks import Crew

SECONDS = 1.0


async def _dying(work: Coroutine[Any, Any, Any], marker: Path) -> Any:
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=SECONDS)
    task.cancel()
    await asyncio.wait({task})
    marker.touch()
    raise RuntimeError("injected by the test")


def main() -> None:
    """Run the service, with the task that dies."""
    service, name, marker = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    whole = Crew.start

    def start(crew: Crew, work: Coroutine[Any, Any, Any], named: str) -> asyncio.Task[Any]:
        if named == name and not marker.exists():
            return whole(crew, _dying(work, marker), named)
        return whole(crew, work, named)

    setattr(Crew, "start", start)  # noqa: B010 - for the type checker it is a method
    sys.argv = [f"services.{service}"]
    runpy.run_module(f"services.{service}", run_name="__main__")


if __name__ == "__main__":
    main()
