"""Prometheus metrics of a process, on an HTTP port of its own where it has no other."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server


@contextmanager
def served(port: int | None, host: str = "127.0.0.1") -> Iterator[None]:
    """Serve /metrics on `port` while the context lasts; no port, no server."""
    if port is None:
        yield
        return
    server, thread = start_http_server(port, addr=host)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
