"""The network that fails does so as told: else the faults would show nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lookout.embedded.ports import HOST
from tests.support.proxy import Proxy
from tests.support.waiting import eventually


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(1000):
        writer.write(chunk)
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo, HOST, 0)
    async with server, Proxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


@pytest.fixture
async def line(
    proxy: Proxy,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    yield reader, writer
    writer.close()


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answered(line: Line, text: bytes) -> float:
    """Send, and the seconds until it is back."""
    clock = asyncio.get_running_loop().time
    reader, writer = line
    began = clock()
    writer.write(text)
    assert await reader.readexactly(len(text)) == text
    return clock() - began


async def test_what_is_delayed_arrives_later_and_in_order(proxy: Proxy, line: Line) -> None:
    proxy.slow(latency=0.3)
    assert await answered(line, b"there and back") >= 0.6
    await proxy.mend()
    assert await answered(line, b"quick again") < 0.5


async def test_what_is_throttled_takes_its_time(proxy: Proxy, line: Line) -> None:
    proxy.slow(rate=20_000)
    assert await answered(line, b"x" * 5_000) >= 0.25


async def test_a_stall_swallows_and_gives_everything_back(proxy: Proxy, line: Line) -> None:
    proxy.stall()
    waiting = asyncio.create_task(answered(line, b"held"))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    late = await asyncio.open_connection(HOST, proxy.port)  # taken, and left without an answer
    await proxy.mend()
    assert await waiting >= 0.2
    await answered(late, b"and the new one")
    late[1].close()


async def test_a_cut_breaks_connections_and_refuses_new_ones(proxy: Proxy, line: Line) -> None:
    await answered(line, b"fine")
    await proxy.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await answered(line, b"nobody there")
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(HOST, proxy.port)
    await proxy.mend()
    again = await eventually(lambda: asyncio.open_connection(HOST, proxy.port))
    await answered(again, b"back")
    again[1].close()
