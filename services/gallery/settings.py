"""The settings of the gallery: the hub's, and the section `gallery`."""

import ipaddress
import re
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from lookout.host.run import Unusable
from lookout.host.settings import HubSettings, Section

LOCALHOST: Final = "localhost"
# The first parts of our own paths: a prefix of such a name could not be told from them.
OWN: Final = frozenset(
    {
        "api",
        "browse",
        "days",
        "events",
        "healthz",
        "images",
        "live",
        "login",
        "logout",
        "metrics",
        "nodes",
        "static",
        "timelapse",
    }
)
LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
LONGEST_PREFIX: Final = 200


def _network(value: object) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(str(value))
    except ValueError as error:
        raise ValueError(f"{error}; use an address or a network such as 10.0.0.0/8") from None


Network = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(_network)]


def path_prefix(value: str) -> str:
    """A path prefix such as /lookout; nothing for / alone. Raises ValueError."""
    prefix = value.removesuffix("/")
    parts = prefix.split("/")[1:]
    plain = re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", prefix) and len(prefix) <= LONGEST_PREFIX
    if not plain or {".", ".."} & set(parts):
        raise ValueError("use a path such as /lookout, of letters, digits and . _ ~ -")
    return prefix


def _own_prefix(value: str) -> str:
    prefix = path_prefix(value)
    first = prefix.split("/")[1] if prefix else ""
    if first in OWN:
        raise ValueError(f"the gallery has pages of its own under /{first}: use another name")
    return prefix


PathPrefix = Annotated[str, AfterValidator(_own_prefix)]


class Gallery(Section):
    """Where the gallery listens, and who may look."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="0 takes any free port")
    password: SecretStr | None = Field(
        None, min_length=8, description="needed as soon as others than this computer can reach it"
    )
    trusted_hosts: tuple[str, ...] = Field(
        (), description="further names, such as a reverse proxy's, that may stand in the URL"
    )
    prefix: PathPrefix = Field(
        "", description="path under which a reverse proxy shows the gallery, such as /lookout"
    )
    trusted_proxies: tuple[Network, ...] = Field(
        (), description="addresses or networks of reverse proxies, whose X-Forwarded-* count"
    )
    ingress: tuple[Network, ...] = Field(
        (),
        description="addresses of Home Assistant's ingress: who comes from there is signed in",
    )
    viewers: int = Field(200, ge=1, le=10_000, description="open live pages at most")
    command_timeout: float = Field(
        30.0, gt=0, le=300, description="seconds that a command's answer is waited for"
    )


class GallerySettings(HubSettings):
    """Everything the gallery is told."""

    gallery: Gallery = Gallery()


def check_exposure(gallery: Gallery) -> None:
    """Raises Unusable when somebody who should not could look without a password."""
    if any(
        network.overlaps(own)
        for network in gallery.ingress
        for own in LOOPBACK
        if network.version == own.version
    ):
        raise Unusable(
            "gallery.ingress holds an address of this computer: any page in its browser could sign "
            "in. Set LOOKOUT_GALLERY__INGRESS to the address of Home Assistant's Supervisor."
        )
    if gallery.password is None and not gallery.ingress and not is_loopback(gallery.host):
        raise Unusable(
            f"gallery.host = {gallery.host!r} lets the whole network in, and there is no password. "
            "Set LOOKOUT_GALLERY__PASSWORD to one of at least 8 characters, or "
            "LOOKOUT_GALLERY__HOST to 127.0.0.1."
        )


@lru_cache(256)
def is_loopback(host: str) -> bool:
    """Whether an address or name reaches this computer only."""
    if host.lower().rstrip(".") == LOCALHOST:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
