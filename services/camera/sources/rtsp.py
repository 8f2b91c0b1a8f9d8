"""An IP camera by RTSP, or whatever else PyAV opens, such as MPEG-TS over HTTP."""

from collections.abc import Callable
from functools import partial

import av
from av.container import InputContainer

from services.camera.settings import Camera
from services.camera.sources.decoding import Decoding
from services.camera.sources.network.answer import HttpFailed
from services.camera.sources.shot import Connection
from services.camera.sources.stream import NoConnection, Stream

CONNECT_SECONDS = 10.0
_TRANSPORTS = {
    # Over UDP a lost packet is a broken picture; some cameras have nothing else.
    "auto": {"rtsp_transport": "udp+tcp", "rtsp_flags": "prefer_tcp"},
    "tcp": {"rtsp_transport": "tcp"},
    "udp": {"rtsp_transport": "udp"},
}


def rtsp(settings: Camera) -> Stream:
    """The stream at `camera.url`."""
    connect = _by_http if settings.address.scheme.startswith("http") else _by_rtsp
    return Stream(settings, settings.source, settings.address.shown, partial(connect, settings))


async def _by_http(settings: Camera, changed: Callable[[], None]) -> Connection:
    from services.camera.sources.network import (
        httpstream,  # aiohttp, of which rtsp:// knows nothing
    )

    try:
        stream = await httpstream.opened(settings, changed)
    except HttpFailed as error:
        raise NoConnection(str(error)) from None
    return stream or await _by_libav(settings, {}, changed)


async def _by_rtsp(settings: Camera, changed: Callable[[], None]) -> Connection:
    transport = "tcp" if settings.address.is_encrypted else settings.transport
    return await _by_libav(settings, _TRANSPORTS[transport], changed)


async def _by_libav(
    settings: Camera, options: dict[str, str], changed: Callable[[], None]
) -> Connection:
    """Encrypted connections go by way of a tunnel, so that the camera's certificate is checked."""
    address = settings.address
    if not address.is_encrypted:
        url = address.with_login(address.scheme, address.host, address.port)
        return Decoding(partial(_opened, url, options, settings.stale_after), changed)
    from services.camera.sources.network.tunnel import Tunnel, Tunnelled

    tunnel = Tunnel(address.host, address.port, settings.tls)
    await tunnel.open()
    url = address.with_login(address.scheme.removesuffix("s"), tunnel.host, tunnel.port)
    return Tunnelled(
        tunnel, Decoding(partial(_opened, url, options, settings.stale_after), changed)
    )


def _opened(url: str, options: dict[str, str], read_seconds: float) -> InputContainer:
    return av.open(url, options=options, timeout=(CONNECT_SECONDS, read_seconds))
