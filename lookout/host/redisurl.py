"""The forms that LOOKOUT_REDIS__URL may have."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

PLAIN_SCHEMES: Final = ("redis", "rediss", "unix")
SENTINEL_SCHEMES: Final = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT: Final = 26379
PLAIN_FORM: Final = "redis://user:password@host:port/db"
SENTINEL_FORM: Final = "redis+sentinel://user:password@host1:26379,host2:26379/service/db"
TLS_FORM: Final = "with TLS it begins with rediss"


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Who knows which server is the primary now. User and password are those of the server."""

    addresses: tuple[tuple[str, int], ...]
    service: str
    db: int
    username: str | None
    password: str | None


def check(url: str) -> str:
    """Return `url` if Redis can be reached by it; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme in SENTINEL_SCHEMES:
        sentinels(url)
    elif parts.scheme not in PLAIN_SCHEMES or not (parts.hostname or parts.scheme == "unix"):
        raise ValueError(f"not a URL of the form {PLAIN_FORM} or {SENTINEL_FORM}; {TLS_FORM}")
    else:
        _ = parts.port  # raises ValueError when it is not a number up to 65535
    return url


def is_sentinel(url: str) -> bool:
    """Whether the URL names sentinels and not a server."""
    return urlsplit(url).scheme in SENTINEL_SCHEMES


def is_encrypted(url: str) -> bool:
    """Whether the connections are to use TLS."""
    return urlsplit(url).scheme.startswith("rediss")


def sentinels(url: str) -> Sentinels:
    """The parts of a sentinel URL. Raises ValueError."""
    parts = urlsplit(url)
    service, _, db = parts.path.strip("/").partition("/")
    places = parts.netloc.rpartition("@")[2]
    if not (places and service and (db or "0").isdigit()) or parts.query:
        raise ValueError(f"not a URL of the form {SENTINEL_FORM}; {TLS_FORM}")
    return Sentinels(
        tuple(_address(place) for place in places.split(",")),
        unquote(service),
        int(db or 0),
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


def _address(place: str) -> tuple[str, int]:
    parts = urlsplit(f"//{place}")
    if not parts.hostname:
        raise ValueError(f"{place!r} is not the host:port of a sentinel")
    return parts.hostname, parts.port or SENTINEL_PORT
