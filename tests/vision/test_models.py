"""Fetching a model: whole or not at all, gone on with where it was cut off."""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lookout.vision.objects.fetching import fetch
from lookout.vision.objects.models import MODELS, File, Model
from lookout.vision.objects.thing import BadModel

CONTENTS = {"tiny.weights": b"w" * 50_000, "tiny.cfg": b"width=32\nheight=32\n"}


@cache  # its head holds the time
def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=0) as tar:
        for name, content in CONTENTS.items():
            member = tarfile.TarInfo(f"somewhere/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Server(HTTPServer):
    """Gives the archive; `cut` bytes of it at most in one answer."""

    content = archive()
    cut: int | None = None
    ranges: list[str | None]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        said = self.headers.get("Range")
        server.ranges.append(said)
        start = int(said.removeprefix("bytes=").rstrip("-")) if said else 0
        self.send_response(206 if said else 200)
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        self.wfile.write(server.content[start:][: server.cut])

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Answer) as served:
        served.ranges = []
        thread = Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def model(server: Server, sha256: str = "") -> Model:
    files = tuple(
        File(name, f"somewhere/{name}", len(content), hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    )
    url = f"http://127.0.0.1:{server.server_address[1]}/a.tar.gz"
    whole = archive()
    return Model("", "", url, len(whole), sha256 or hashlib.sha256(whole).hexdigest(), files)


def test_a_model_is_fetched_and_only_its_files_stay(server: Server, tmp_path: Path) -> None:
    told: list[int] = []
    path = fetch(model(server), "tiny", tmp_path, told.append)
    assert path == tmp_path / "tiny" / "tiny.weights"
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == CONTENTS
    assert told[-1] == len(archive())
    assert model(server).is_whole(tmp_path, "tiny")


def test_what_was_cut_off_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.cut = 20_000
    with pytest.raises(BadModel, match=r"after 20,000 bytes\. Try again"):
        fetch(model(server), "tiny", tmp_path, lambda _: None)
    assert not model(server).is_whole(tmp_path, "tiny")
    server.cut = None
    fetch(model(server), "tiny", tmp_path, lambda _: None)
    assert server.ranges == [None, "bytes=20000-"]
    assert model(server).is_whole(tmp_path, "tiny")


def test_another_archive_than_it_was_is_thrown_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="another SHA-256"):
        fetch(model(server, sha256="0" * 64), "tiny", tmp_path, lambda _: None)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_an_archive_that_is_larger_than_known_is_not_read_to_its_end(
    server: Server, tmp_path: Path
) -> None:
    known = model(server)
    server.content = archive() + b"more" * 1_000_000
    fetch(known, "tiny", tmp_path, lambda _: None)
    assert known.is_whole(tmp_path, "tiny")


def test_when_nobody_answers_it_is_told_from_where_and_that_one_may_try_again(
    server: Server, tmp_path: Path
) -> None:
    unreachable = model(server)
    server.server_close()
    with pytest.raises(BadModel, match=r"could not be fetched from http://.*Try again"):
        fetch(unreachable, "tiny", tmp_path, lambda _: None)


@pytest.mark.parametrize("name", MODELS)
def test_each_model_of_the_table_opens_its_first_file(name: str, tmp_path: Path) -> None:
    described = MODELS[name]
    assert described.path(tmp_path, name).suffix in {".onnx", ".weights"}
    assert all(len(each.sha256) == 64 for each in described.files)
    assert not described.is_whole(tmp_path, name)
