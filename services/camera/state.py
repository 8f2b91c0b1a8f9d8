"""What a node keeps over restarts: the settings that `set` changed and the last id it used."""

import json
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from services.camera.settings import Capture

logger = structlog.get_logger()


class State:
    """A small JSON file beside the spool, replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = self._load()

    @property
    def last_id(self) -> int:
        """Milliseconds of the last id used, or 0."""
        last = self._content.get("last_id", 0)
        return last if isinstance(last, int) else 0

    def capture(self, configured: Capture) -> Capture:
        """The configured capture settings with what `set` changed since."""
        changed = self._content.get("capture", {})
        try:
            return Capture.model_validate({**configured.model_dump(), **changed})
        except (ValidationError, TypeError) as error:
            logger.warning("kept settings are not valid, using the configured", reason=str(error))
            return configured

    def keep_capture(self, changed: dict[str, Any]) -> None:
        """Keep what `set` changed."""
        self._content["capture"] = {**self._content.get("capture", {}), **changed}
        self.save()

    def kept(self, part: str) -> dict[str, Any]:
        """What was kept under a name; empty where it is none or damaged."""
        values = self._content.get(part, {})
        return values if isinstance(values, dict) else {}

    def keep(self, part: str, values: dict[str, Any]) -> None:
        """Keep this in place of what was kept under the name, in memory until the next save."""
        self._content[part] = values

    def live(self, configured: bool) -> bool:
        """Whether the live view is on: as configured, or as the `live` command last left it."""
        kept = self._content.get("live", configured)
        return kept if isinstance(kept, bool) else configured

    def keep_live(self, on: bool) -> None:
        """Keep what the `live` command said."""
        self._content["live"] = on
        self.save()

    def motion(self, configured: bool) -> bool:
        """Whether motion is looked for: as configured, or as `set` last left it."""
        kept = self._content.get("motion", configured)
        return kept if isinstance(kept, bool) else configured

    def keep_motion(self, on: bool) -> None:
        """Keep what `set` said."""
        self._content["motion"] = on
        self.save()

    def keep_last_id(self, milliseconds: int) -> None:
        """Keep the last id used, in memory until the next save."""
        self._content["last_id"] = milliseconds

    def save(self) -> None:
        """Write the file; a disk that refuses is logged, not fatal."""
        temporary = self._path.with_suffix(".tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self._content))
            temporary.replace(self._path)
        except OSError as error:
            logger.error("node state not written", path=str(self._path), reason=str(error))

    def _load(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            logger.warning("node state lost, starting anew", reason=str(error))
            return {}
        return content if isinstance(content, dict) else {}
