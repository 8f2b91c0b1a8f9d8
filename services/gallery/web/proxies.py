"""Reverse proxies: who really asks, for which host, under which path prefix, and signed in as whom.

Anybody can send an X-Forwarded-* header. It counts only in a request that comes from an address in
`gallery.trusted_proxies` or `gallery.ingress`.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from aiohttp import web
from yarl import URL

from services.gallery.settings import Gallery, Network, path_prefix
from services.gallery.web.problems import bad_field

Address = IPv4Address | IPv6Address

SOMEBODY: Final = "Home Assistant"  # where it does not say who of its users asks
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")
_SCHEME: Final = re.compile("https?")
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Visit:
    """A request as the browser sent it."""

    prefix: str  # stands before our paths in the browser: nothing, or such as /lookout
    url: URL  # path and query without the prefix
    scheme: str
    host: str
    address: str
    user: str | None  # whom Home Assistant has signed in

    def apply(self, request: web.Request) -> web.Request:
        """The request with all this in place of what the last proxy made of it."""
        request[VISIT] = self
        return request.clone(
            rel_url=self.url, scheme=self.scheme, host=self.host, remote=self.address
        )


VISIT: Final = web.RequestKey("visit", Visit)


def visit_of(request: web.Request) -> Visit:
    """What is known of how the request came here."""
    return request[VISIT]


def prefix_of(request: web.Request) -> str:
    """What stands before our paths in the browser that asks."""
    return visit_of(request).prefix


class Proxies:
    """Which proxies are trusted, and what they say of a request."""

    def __init__(self, settings: Gallery) -> None:
        self._fixed = settings.prefix
        self._ingress = settings.ingress
        self._trusted = (*settings.trusted_proxies, *settings.ingress)

    def direct(self, request: web.Request) -> Visit:
        """How the request came here, whatever its headers say."""
        url = _without(self._fixed, request.rel_url)
        return Visit(self._fixed, url, request.scheme, request.host, request.remote or "", None)

    def visit(self, request: web.Request) -> Visit:
        """How the request came here. Raises a 400 Problem when a trusted proxy talks nonsense."""
        direct = self.direct(request)
        peer = parse_address(direct.address)
        if peer is None or not _within(peer, self._trusted):
            return direct
        return Visit(
            prefix=_prefix(request) or direct.prefix,
            url=direct.url,
            scheme=_last(request, "X-Forwarded-Proto", _SCHEME, "http or https") or direct.scheme,
            host=_last(request, "X-Forwarded-Host", _HOST, "a name and a port") or direct.host,
            address=self._client(request, peer),
            user=_user(request) if _within(peer, self._ingress) else None,
        )

    def _client(self, request: web.Request, peer: Address) -> str:
        """The nearest hop that is no proxy of ours: what it says of earlier hops may be a lie."""
        client = peer
        for hop in reversed(_values(request, "X-Forwarded-For")):
            address = parse_address(hop)
            if address is None:
                break
            client = address
            if not _within(address, self._trusted):
                break
        return str(client)


def parse_address(text: str) -> Address | None:
    """An address as in X-Forwarded-For, where some proxies write the port too."""
    bare = re.sub(r"^\[(.*)\](:\d+)?$|^([\d.]+):\d+$", r"\1\3", text)
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _without(prefix: str, url: URL) -> URL:
    """The URL without the prefix; proxies that have taken it away already are right too."""
    path = url.raw_path
    if not prefix or not (path == prefix or path.startswith(f"{prefix}/")):
        return url
    own = path.removeprefix(prefix) or "/"
    return URL.build(path=own, query_string=url.raw_query_string, encoded=True)


def _prefix(request: web.Request) -> str:
    for name in ("X-Ingress-Path", "X-Forwarded-Prefix"):
        if value := request.headers.get(name):
            try:
                return path_prefix(value)
            except ValueError as error:
                raise bad_field(name, value, str(error)) from None
    return ""


def _user(request: web.Request) -> str | None:
    """Home Assistant's ingress lets signed-in people through only, and says who they are."""
    if "X-Ingress-Path" not in request.headers:
        return None
    for name in ("X-Remote-User-Display-Name", "X-Remote-User-Name"):
        value = request.headers.get(name, "").strip()
        if value and value.isprintable():
            return value[:_LONGEST_NAME]
    return SOMEBODY


def _values(request: web.Request, name: str) -> list[str]:
    return [part.strip() for line in request.headers.getall(name, ()) for part in line.split(",")]


def _last(request: web.Request, name: str, pattern: re.Pattern[str], allowed: str) -> str | None:
    """What the nearest proxy wrote."""
    values = _values(request, name)
    if not values:
        return None
    if not pattern.fullmatch(values[-1]):
        raise bad_field(name, values[-1], f"use {allowed}")
    return values[-1]
