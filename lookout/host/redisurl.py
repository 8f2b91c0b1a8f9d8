"""The forms that LOOKOUT_REDIS__URL may have."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from lookout.host import urls

PLAIN_SCHEMES: Final = ("redis", "rediss")
SENTINEL_SCHEMES: Final = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT: Final = 26379
PLAIN_FORM: Final = "redis://user:password@host:port/db"
SENTINEL_FORM: Final = "redis+sentinel://user:password@host1:26379,host2:26379/service/db"
TLS_FORM: Final = "with TLS it begins with rediss"
_ALLOWED: Final = f"not a URL of the form {PLAIN_FORM} or {SENTINEL_FORM}; {TLS_FORM}"


@dataclass(frozen=True, slots=True)
class Sentinels:
    """The sentinels, which know the current primary. User and password are those of the server."""

    addresses: tuple[tuple[str, int], ...]
    service: str
    db: int
    username: str | None
    password: str | None


def check(url: str) -> str:
    """Return `url` if Redis can be reached by it; raises ValueError."""
    if is_sentinel(url):
        sentinels(url)
    elif _scheme(url) != "unix":
        urls.split(url, PLAIN_SCHEMES, _ALLOWED)
    return url


def is_sentinel(url: str) -> bool:
    """Whether the URL names sentinels and not a server."""
    return _scheme(url) in SENTINEL_SCHEMES


def is_encrypted(url: str) -> bool:
    """Whether the connections are to use TLS."""
    return _scheme(url).startswith("rediss")


def sentinels(url: str) -> Sentinels:
    """The parts of a sentinel URL. Raises ValueError."""
    # Not by urlsplit: from Python 3.13 on it takes no bracket but at the beginning of the place.
    _, login, places, target = urls.pieces(url, SENTINEL_SCHEMES, _ALLOWED)
    path, _, query = target.partition("?")
    service, _, db = path.strip("/").partition("/")
    if not (places and service and (db or "0").isdigit()) or query:
        raise ValueError(f"not a URL of the form {SENTINEL_FORM}; {TLS_FORM}")
    user, _, password = login.partition(":")
    return Sentinels(
        tuple(_address(place) for place in places.split(",")),
        unquote(service),
        int(db or 0),
        unquote(user) or None,
        unquote(password) or None,
    )


def _scheme(url: str) -> str:
    return url.strip().partition("://")[0].lower()


def _address(place: str) -> tuple[str, int]:
    parts = urlsplit(f"//{place}")
    if not parts.hostname:
        raise ValueError(f"{place!r} is not the host:port of a sentinel")
    return parts.hostname, parts.port or SENTINEL_PORT
