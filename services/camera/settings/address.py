"""A network camera's address: its parts, and what of it may be said."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from lookout.host import urls

SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
TLS_SCHEMES: Final = ("rtsps", "https")
PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
OWN: Final = "camera.user and camera.password"


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
    allowed = ", ".join(f"{scheme}://" for scheme in SCHEMES)
    form = f"must begin with one of {allowed} and name a host, as in rtsp://host:port/path"
    try:
        parts = urls.split(url, SCHEMES, form)
    except ValueError as error:
        raise ValueError(f"{error}; or set {OWN}") from None
    port = PORTS[parts.scheme] if parts.port is None else parts.port
    login = parts.user or "", parts.password or ""
    return Address(parts.scheme, parts.host, port, parts.target, *login)


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
