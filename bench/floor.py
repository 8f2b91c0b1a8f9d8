"""The floor: what the kernel takes to bring the bytes to a process, and to send them on.

One process sends, one receives, over TCP on this computer, a MiB at most with each system call and
nothing else in between: `recv_into` one buffer, and `sendall` of that buffer to a third process,
which throws it away. What is between the calls is some dozen bytecodes for each MiB: no client of
a broker and of Redis can take less.
"""

import multiprocessing
import resource
import socket
import time
from dataclasses import dataclass
from typing import Final

BLOCK: Final = 1 << 20
START_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds on the clock, and of processor for the one that receives."""

    seconds: float
    cpu: float


def measure(size: int, *, send_on: bool) -> Taken:
    """Bring `size` bytes to this process, and on to another one."""
    context = multiprocessing.get_context("spawn")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(START_SECONDS)
        address = server.getsockname()
        source = context.Process(target=_send, args=(address, size))
        sink = context.Process(target=_discard, args=(address,))
        sink.start()
        out, _ = server.accept()
        source.start()
        into, _ = server.accept()
        with out, into:
            out.settimeout(None)
            into.settimeout(None)
            taken = _relay(into, out if send_on else None)
        source.join()
        sink.join()
    return taken


def _relay(into: socket.socket, out: socket.socket | None) -> Taken:
    buffer = memoryview(bytearray(BLOCK))
    into.recv_into(buffer[:1])  # they have begun
    began, before = time.perf_counter(), cpu()
    while count := into.recv_into(buffer):
        if out is not None:
            out.sendall(buffer[:count])
    return Taken(time.perf_counter() - began, cpu() - before)


def cpu() -> float:
    """Processor seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _send(address: tuple[str, int], size: int) -> None:
    block = memoryview(bytes(BLOCK))
    with socket.create_connection(address) as sock:
        sock.sendall(block[:1])
        while size > 0:
            sock.sendall(block[: min(size, BLOCK)])
            size -= BLOCK


def _discard(address: tuple[str, int]) -> None:
    buffer = bytearray(BLOCK)
    with socket.create_connection(address) as sock:
        while sock.recv_into(buffer):
            continue
