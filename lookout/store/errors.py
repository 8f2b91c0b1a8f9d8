"""What can go wrong with Redis, in our words: it is away, or it refuses.

redis-py's own errors stop at the client (connection.py). Each translated error is of its class too,
because redis-py itself looks for some of them on the way.
"""

from typing import Final

from redis import exceptions
from redis.exceptions import RedisError

from lookout.errors import LookoutError


class StoreError(LookoutError):
    """Redis did not do what was asked."""


class StoreAway(StoreError):
    """Worth trying again: it is away, busy starting, full, or a replica for the moment."""


class StoreRefused(StoreError):
    """It will not do this, however often it is asked."""


class TakesNoWrites(exceptions.ResponseError):
    """The disk of the append-only file is full, replicas are away, or a script runs too long."""


# A server that has only a part of the keys.
IN_CLUSTER: Final = (
    exceptions.AskError,
    exceptions.ClusterCrossSlotError,
    exceptions.MovedError,
)
_AWAY: Final = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.BusyLoadingError,
    exceptions.ClusterDownError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    TakesNoWrites,
    *IN_CLUSTER,  # found out late: images wait, rather than be refused one by one
)
_CLASSES: Final[dict[type[RedisError], type[StoreError]]] = {}


def translated(error: RedisError) -> StoreError:
    """The same in our words, with the library's error as its cause."""
    if isinstance(error, StoreError):
        return error
    kind = type(error)
    if kind not in _CLASSES:
        base = StoreAway if issubclass(kind, _AWAY) else StoreRefused
        _CLASSES[kind] = type(kind.__name__, (base, kind), {})
    # Not by its constructor: some of redis-py's take their message apart.
    mine = _CLASSES[kind].__new__(_CLASSES[kind], *error.args)
    mine.__dict__.update(error.__dict__)
    mine.__cause__ = error
    return mine
