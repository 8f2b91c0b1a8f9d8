"""Every question, one after the other, and the answers as JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from lookout.host import log
from lookout.host.settings import Log
from services.camera.check.bus import check_bus
from services.camera.check.computer import check_clock, check_spool
from services.camera.check.finding import Finding
from services.camera.check.measuring import check_sensors
from services.camera.check.picture import check_picture
from services.camera.settings import CameraSettings


async def check(settings: CameraSettings, output: Path | None = None) -> list[Finding]:
    """What this node has and lacks."""
    return [
        await check_picture(settings, output),
        *await check_sensors(settings),
        *[finding async for finding in check_bus(settings)],
        check_clock(),
        check_spool(settings),
    ]


async def report(settings: CameraSettings, output: Path | None) -> bool:
    """Print the findings as one JSON document; whether there was no problem."""
    log.setup(Log(level="error"), service="check")
    found = await check(settings, output)
    document = {"node": settings.node, "findings": [asdict(finding) for finding in found]}
    sys.stdout.write(json.dumps(document) + "\n")
    return all(finding.verdict != "problem" for finding in found)
