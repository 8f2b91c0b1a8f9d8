"""Readings: what sensors said at one time."""

import re
from typing import Final, Self

from pydantic import ConfigDict, model_validator

from lookout.contract.errors import BadMessage, short
from lookout.contract.metrics import metric
from lookout.contract.plain import json_object
from lookout.contract.wire import Said, Wire, validate

MOST_METRICS: Final = 64
# They name other things of a reading.
RESERVED: Final = frozenset({"node", "node_time", "received_at", "timestamp"})
_METRIC = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Reading(Wire):
    """What sensors said at one time: `timestamp` and any number of metrics, all numbers."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    __pydantic_extra__: dict[str, float]

    timestamp: Said = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(self.metrics) > MOST_METRICS:
            raise ValueError(f"{len(self.metrics)} metrics: at most {MOST_METRICS} are allowed")
        for name, value in self.metrics.items():
            if not _METRIC.fullmatch(name):
                raise ValueError(f"{short(name)} is not a metric's name (a-z, 0-9 and _)")
            if name in RESERVED:
                raise ValueError(f"{name} names something else of a reading: rename the metric")
            known = metric(name)
            if not known.low <= value <= known.high:
                raise ValueError(f"{name} = {value}: must be from {known.low:g} to {known.high:g}")
        return self

    @property
    def metrics(self) -> dict[str, float]:
        return self.__pydantic_extra__


def parse_reading(payload: bytes) -> Reading:
    """Read a reading. Raises BadMessage.

    A metric without a value (null, or NaN as some firmwares write it) is left out: the others of
    its reading are as good as ever.
    """
    body = json_object(payload, nan=True)
    said = {name: each for name, each in body.items() if each is not None}
    if body and not said:
        raise BadMessage(f"{short(next(iter(body)))} has no value, and nothing else is said")
    return validate(Reading, said)
