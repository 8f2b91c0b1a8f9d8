"""TLS in front of a server that has none, with a certificate for `localhost`."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from lookout.embedded.ports import HOST
from lookout.host.tasks import cancel


def make_certificate(folder: Path) -> Path:
    """A self-signed certificate; its key lies beside it as server.key."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "server.crt"


@asynccontextmanager
async def encrypted(port: int, certificate: Path) -> AsyncIterator[int]:
    """A port that speaks TLS and forwards to `port` of this machine."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("server.key"))
    tasks: set[asyncio.Task[None]] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, far_writer), name="to the server")
                group.create_task(_pump(far_reader, writer), name="from the server")
        finally:
            far_writer.transport.abort()
            writer.transport.abort()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(forward(reader, writer), name="encrypted connection")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accepted, HOST, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await cancel(*tasks)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # one of them hung up
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()
