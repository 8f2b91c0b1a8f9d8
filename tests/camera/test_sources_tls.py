"""A camera with a certificate of its own: believed by authority, by fingerprint, or not at all.

The same answers for `snapshot`, MJPEG by `https` and `rtsps` (OctoPrint #2455).
"""

import asyncio
import hashlib
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lookout.embedded.ports import free_port
from services.camera.settings import Camera
from services.camera.settings.tls import Tls
from services.camera.sources import Picture, SourceError, make_source
from services.camera.sources.network.tunnel import Tunnel
from tests.camera.films import make_film, number_of
from tests.scale.tls import encrypted, make_certificate
from tests.support.pictures import plain_jpeg
from tests.support.rawcamera import Script, Write, answering
from tests.support.rtsp import needs_gstreamer, rtsp_camera

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not here: no certificate"
)
JPEG = plain_jpeg()
SNAPSHOT = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(JPEG), JPEG)
ODD_SNAPSHOT = b"HTTP/1.1 200 OK\r\n: x\r\n\r\n" + JPEG
FILM = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n" + JPEG * 1000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def http_camera(answer: bytes | Script, certificate: Path) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("server.key"))
    async with answering(answer, context) as port:
        yield port


@asynccontextmanager
async def rtsps_camera(_: bytes, certificate: Path) -> AsyncIterator[int]:
    plain = free_port()
    async with rtsp_camera(plain), encrypted(plain, certificate) as port:
        yield port


async def taken(kind: str, url: str, **tls: Any) -> Picture:
    values = {"source": kind, "url": url, "timeout": 8.0, "stale_after": 5.0, "tls": tls}
    source = make_source(Camera.model_validate(values))
    try:
        async with asyncio.timeout(30):
            await source.open()
            return await source.capture(90)
    finally:
        await source.close()


async def refused(kind: str, url: str, **tls: Any) -> str:
    with pytest.raises(SourceError) as caught:
        await taken(kind, url, **tls)
    return str(caught.value)


def fingerprint(certificate: Path) -> str:
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize(
    ("kind", "scheme", "camera", "answer"),
    [
        pytest.param("snapshot", "https", http_camera, SNAPSHOT, id="snapshot"),
        pytest.param("snapshot", "https", http_camera, ODD_SNAPSHOT, id="odd snapshot"),
        pytest.param("rtsp", "https", http_camera, FILM, id="mjpeg"),
        pytest.param("rtsp", "rtsps", rtsps_camera, b"", id="rtsps", marks=needs_gstreamer),
    ],
)
async def test_who_is_believed(
    kind: str, scheme: str, camera: Any, answer: bytes, certificate: Path
) -> None:
    right = fingerprint(certificate)
    async with camera(answer, certificate) as port:
        url = f"{scheme}://localhost:{port}/garden"
        by_address = f"{scheme}://127.0.0.1:{port}/garden"
        told = await refused(kind, url)
        assert "its certificate is not believed (self-signed certificate)" in told
        assert right[:2] in told, "it says which one it is"
        assert "camera.tls.fingerprint" in told
        assert "not believed (" in await refused(kind, by_address, ca_file=certificate)
        wrong = await refused(kind, url, fingerprint="ab" * 32)
        assert "another than camera.tls.fingerprint says" in wrong
        assert (await taken(kind, url, ca_file=certificate)).jpeg
        assert (await taken(kind, by_address, fingerprint=right.upper())).jpeg
        assert (await taken(kind, by_address, verify=False)).jpeg


async def test_a_camera_that_knows_old_ciphers_only(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # pyro-engine #414
    context.load_cert_chain(certificate, certificate.with_name("server.key"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256")
    async with answering(SNAPSHOT, context) as port:
        url = f"https://localhost:{port}/"
        assert (await taken("snapshot", url, ca_file=certificate)).jpeg == JPEG


async def test_a_camera_that_speaks_no_tls_is_told() -> None:
    async with answering(SNAPSHOT) as port:
        assert "no encrypted connection" in await refused("snapshot", f"https://localhost:{port}/")
        assert "no encrypted connection" in await refused("rtsp", f"rtsps://localhost:{port}/")


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("snapshot", "https://localhost:9/"),
        ("rtsp", "https://localhost:9/"),
        ("rtsp", "rtsps://localhost:9/"),
    ],
)
async def test_an_authority_that_is_none_is_told(kind: str, url: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    assert f"camera.tls.ca_file = {file} cannot be used" in await refused(kind, url, ca_file=file)


@pytest.mark.parametrize("value", ["ab", "sha256:" + "zz" * 32, "aa:" * 31])
def test_a_fingerprint_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="64 digits"):
        Camera.model_validate({"tls": {"fingerprint": value}})


def test_a_fingerprint_may_be_written_as_openssl_writes_it() -> None:
    tls = Camera.model_validate({"tls": {"fingerprint": ":".join(["AB"] * 32)}}).tls
    assert tls.fingerprint == "ab" * 32


def played(film: bytes) -> Script:
    """A film that a camera sends again and again, as it is taken."""

    async def script(write: Write) -> None:
        await write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
        while True:
            for at in range(0, len(film), 188 * 4):
                await write(film[at : at + 188 * 4])
                await asyncio.sleep(0.01)

    return script


async def test_a_film_by_https_is_read_from_the_camera_that_it_is(
    certificate: Path, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.ts", 20, codec="mpeg2video").read_bytes()
    async with http_camera(played(film), certificate) as port:
        url = f"https://127.0.0.1:{port}/film"
        picture = await taken("rtsp", url, fingerprint=fingerprint(certificate))
        assert number_of(picture.jpeg) in range(20)
        told = await refused("rtsp", url, fingerprint="ab" * 32)
        assert "another than camera.tls.fingerprint says" in told


async def test_the_end_of_a_film_by_https_is_read_too(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, served = bytes(range(240)) * 250, asyncio.start_server  # 60 kB, all at once

    async def narrow(*words: Any, **more: Any) -> asyncio.Server:
        server = await served(*words, **more)
        server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return server

    loop, tls = asyncio.get_running_loop(), Tls(fingerprint=fingerprint(certificate))
    async with http_camera(film, certificate) as port, asyncio.timeout(60):
        tunnel = Tunnel("127.0.0.1", port, tls)
        monkeypatch.setattr(asyncio, "start_server", narrow)  # what libav takes slowly
        await tunnel.open()
        with socket.socket() as slow:
            slow.setblocking(False)
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await loop.sock_connect(slow, (tunnel.host, tunnel.port))
            await loop.sock_sendall(slow, b"GET / HTTP/1.1\r\n\r\n")
            read = bytearray()
            while some := await loop.sock_recv(slow, 512):
                read += some
                await asyncio.sleep(0)
        await tunnel.close()
    assert len(read) == len(film)
    assert read == film
