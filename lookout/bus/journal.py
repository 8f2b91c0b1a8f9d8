"""What a node answered to the last commands that had an id, kept over restarts."""

import json
from collections import OrderedDict
from pathlib import Path

import structlog

from lookout.contract.commands import Result
from lookout.contract.plain import json_value
from lookout.host.files import replace_file
from lookout.host.outage import Outage

logger = structlog.get_logger()

MOST_REMEMBERED = 256  # results kept for repeats of the same id


class Journal:
    """The results of the last commands that had an id, kept over restarts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.damage = ""  # why what was kept is lost, where it is
        self._outage = Outage("the journal of commands")
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._load()

    def get(self, identifier: str) -> Result | None:
        return self._results.get(identifier)

    def put(self, identifier: str, result: Result) -> None:
        self._results[identifier] = result
        while len(self._results) > MOST_REMEMBERED:
            self._results.popitem(last=False)
        self._save()

    def _load(self) -> None:
        try:
            items = json_value(self._path.read_bytes(), what=self._path.name)
            for item in items if isinstance(items, list) else [items]:
                result = Result.model_validate(item)
                self._results[result.id or ""] = result
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError) as error:
            self._results.clear()
            self.damage = str(error)
            logger.error("the results of commands are lost", reason=self.damage)

    def _save(self) -> None:
        body = json.dumps([json.loads(each.encode()) for each in self._results.values()])
        try:
            replace_file(self._path, body)
        except OSError as error:
            self._outage.down(str(error))
        else:
            self._outage.up()
