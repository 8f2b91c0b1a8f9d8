"""A network camera's address: its parts, and what of it may be said."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
TLS_SCHEMES: Final = ("rtsps", "https")
PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
ENCODE: Final = (
    "In user and password write / as %2F, ? as %3F, # as %23 and @ as %40, or set camera.user and "
    "camera.password instead; in a path write @ as %40"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a camera is, and the login that its URL holds."""

    scheme: str
    host: str  # without the brackets of IPv6
    port: int
    target: str  # path and query
    user: str = ""
    password: str = ""

    @property
    def is_encrypted(self) -> bool:
        return self.scheme in TLS_SCHEMES

    @property
    def shown(self) -> str:
        """Fit for a log: some cameras want user and password in path or query."""
        return f"{self.scheme}://{self._place}"

    @property
    def plain(self) -> str:
        """The URL without the login."""
        return f"{self.scheme}://{self._place}{self.target}"

    def with_login(self, scheme: str, host: str, port: int) -> str:
        """The URL as libav takes it, by way of another host where that is needed. Secret."""
        login = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"
        place = _place(host, port)
        return f"{scheme}://{login if self.user or self.password else ''}{place}{self.target}"

    @property
    def _place(self) -> str:
        place = _place(self.host, self.port)
        return place.rpartition(":")[0] if self.port == PORTS[self.scheme] else place


def parse(url: str) -> Address:
    """The parts of a camera's URL. Raises ValueError, which never holds a piece of a password."""
    scheme, separator, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in SCHEMES:
        allowed = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise ValueError(f"must begin with one of {allowed} and name a host")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest[len(authority) :]:
        # Either the password holds one of these characters, and its rest would be taken for the
        # path and be shown, or an innocent path holds an @: nobody can tell.
        raise ValueError(f"has an @ after the first /, ? or #. {ENCODE}")
    login, _, place = authority.rpartition("@")
    host, port = _host_and_port(place, PORTS[scheme])
    user, _, password = login.partition(":")
    target = rest[len(authority) :].partition("#")[0]
    return Address(scheme, host, port, target, unquote(user), unquote(password))


def _host_and_port(place: str, usual: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(
            "must have host:port after the user and password, the port from 1 to 65535 and IPv6 "
            f"in brackets. {ENCODE}"
        ) from None
    if not host:
        raise ValueError("must name a host, as in rtsp://host/path")
    return host, usual if port is None else port


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
