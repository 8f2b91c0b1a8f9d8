"""The settings of the gallery: the hub's, and the section `gallery`."""

import ipaddress
from functools import lru_cache
from typing import Final

from pydantic import Field, SecretStr

from lookout.host.run import Unusable
from lookout.host.settings import HubSettings, Section

LOCALHOST: Final = "localhost"


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
    viewers: int = Field(200, ge=1, le=10_000, description="open live pages at most")
    command_timeout: float = Field(
        30.0, gt=0, le=300, description="seconds that a command's answer is waited for"
    )


class GallerySettings(HubSettings):
    """Everything the gallery is told."""

    gallery: Gallery = Gallery()


def check_exposure(gallery: Gallery) -> None:
    """Raises Unusable when everybody on the network could look without a password."""
    if gallery.password is None and not is_loopback(gallery.host):
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
