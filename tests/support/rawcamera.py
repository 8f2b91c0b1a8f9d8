"""A camera that answers an HTTP request with exactly these bytes, then and then."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Write = Callable[[bytes], Awaitable[None]]
Script = Callable[[Write], Awaitable[None]]


@asynccontextmanager
async def answering(
    answer: bytes | Script, encryption: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Gives its port. A script writes as it likes; after it the connection is closed."""
    busy: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        busy.add(task)

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        try:
            await reader.read(1 << 16)
            await (write(answer) if isinstance(answer, bytes) else answer(write))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            busy.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=encryption)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in filter(None, tuple(busy)):
            task.cancel()
        await asyncio.gather(*filter(None, tuple(busy)), return_exceptions=True)
