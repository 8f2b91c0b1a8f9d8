"""A node's live view, taken frame by frame: for the gallery's viewers, and for those who count.

Its address, and the token in it, are told to nobody.
"""

from collections.abc import AsyncGenerator
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from lookout.errors import LookoutError
from lookout.store.errors import StoreError
from lookout.store.nodes import Nodes

CONNECT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 15.0  # without a byte from the node, then it is asked anew
LARGEST_FRAME: Final = 8 * 1024 * 1024  # bytes
_JPEG: Final = b"\xff\xd8"
# Where clouds tell their machines who they are; other link-local ones may be a node on a cable.
CLOUDS: Final = frozenset({"169.254.169.254", "169.254.170.2", "fd00:ec2::254"})


class NoLiveView(LookoutError):
    """The node gives no live view now; the message says why, without its address."""


async def followed(http: aiohttp.ClientSession, url: str) -> AsyncGenerator[bytes, None]:
    """Each frame, a JPEG, until it ends. What a node sends may raise errors of any kind."""
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS
    )
    async with http.get(url, timeout=timeout, allow_redirects=False) as answer:
        if answer.status != HTTPStatus.OK or not answer.content_type.startswith("multipart/"):
            raise NoLiveView(f"its live view answers {answer.status}")
        reader = aiohttp.MultipartReader.from_response(answer)
        while (part := await reader.next()) is not None:
            if not isinstance(part, aiohttp.BodyPartReader):
                raise NoLiveView("its live view is not a film")
            yield await _jpeg(part)


async def live_url(nodes: Nodes, node: str) -> str:
    """Where a node says that its live view is. Raises NoLiveView or a StoreError."""
    fields = await nodes.get(node)
    if fields is None:
        raise NoLiveView("there is no such node")
    if fields.get("status") == "offline":
        raise NoLiveView("it is offline")
    url = (fields.get("info") or {}).get("live_url")
    if not isinstance(url, str):
        raise NoLiveView("its live view is off (call its service `live` with on: true)")
    if not _is_address(url):
        raise NoLiveView("it does not say where its live view is")
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is none
    except ValueError:  # such as http://[
        return False
    # No login of the node's choice to somebody else: a token in the query is enough for its own.
    is_plain = parts.scheme in {"http", "https"} and "@" not in parts.netloc
    return is_plain and bool(parts.hostname) and _is_a_place(parts.hostname or "")


def _is_a_place(host: str) -> bool:
    """Whether a node can be there, as far as numbers tell: not where clouds keep their secrets."""
    try:
        address = ip_address(host)
    except ValueError:
        return True  # a name
    address = getattr(address, "ipv4_mapped", None) or address
    return not (str(address) in CLOUDS or address.is_multicast or address.is_unspecified)


async def _jpeg(part: aiohttp.BodyPartReader) -> bytes:
    """One frame. Raises NoLiveView when it is none."""
    content = bytearray()
    while chunk := await part.read_chunk(65_536):
        content += chunk
        if len(content) > LARGEST_FRAME:
            raise NoLiveView("its pictures are too large")
    if not content.startswith(_JPEG):
        raise NoLiveView("its live view holds no JPEGs")
    return bytes(content)


def why(error: Exception) -> str:
    """In words for people, without its address."""
    if isinstance(error, NoLiveView):
        return str(error)
    if isinstance(error, StoreError):
        return "Redis does not answer"
    if isinstance(error, TimeoutError):
        return "its live view does not answer"
    if isinstance(error, aiohttp.ClientError):
        return f"its live view cannot be reached from here ({type(error).__name__})"
    return f"its live view cannot be read ({type(error).__name__})"
