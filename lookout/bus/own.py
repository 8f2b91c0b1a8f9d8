"""Names at the broker that only their owner can say: client ids and groups of shared subscriptions.

Who connects with a client id in use throws the other one out, and who joins a group is dealt a
part of its messages, whatever the access rules say: Mosquitto's access file is asked on delivery,
not on connecting and subscribing. So neither can be guessed by whoever has another password: each
ends in a mark that is made of its owner's own. It is the same after a restart, as the broker's
queue belongs to the client id, and for all workers that log in as one user.
"""

from functools import cache
from hashlib import pbkdf2_hmac
from typing import Final

from lookout.host.settings import Broker

# 15 ms: the broker's log shows client ids, and nobody is to try millions of passwords on them.
ROUNDS: Final = 20_000
MARK_BYTES: Final = 8


def own_client_id(broker: Broker, name: str) -> str:
    """The client id of the process `name`. Without a password it is one that anybody can say."""
    return "-".join(("lookout", name, *_marks(broker.password)))


def own_group(broker: Broker, name: str) -> str:
    """The group in which the workers `name` share messages."""
    return "_".join((name, *_marks(broker.password)))


@cache
def _marks(password: str | None) -> tuple[str, ...]:
    if password is None:
        return ()
    mark = pbkdf2_hmac("sha256", password.encode(), b"lookout client id", ROUNDS, MARK_BYTES)
    return (mark.hex(),)
