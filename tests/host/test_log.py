"""The log holds no secrets, whoever writes and whatever went wrong."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from lookout.host import log
from lookout.host.redaction import Secrets, known
from lookout.host.settings import Log


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(known, "_values", Secrets()._values)
    monkeypatch.setattr(known, "_pattern", None)
    known.learn({"s3cret"})
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_secret_is_in_no_line(form: str) -> None:
    out = io.StringIO()
    log.setup(Log(format=form), service="camera", stream=out)
    logger = structlog.get_logger()
    logger.warning("it said s3cret", reason="pw=s3cret", url="rtsp://me:other@cam/x")
    try:
        raise ValueError("the camera said s3cret")
    except ValueError:
        logger.exception("it failed")
    logging.getLogger("asyncio").error("Task exception: %s", ValueError("s3cret"))
    assert "s3cret" not in out.getvalue()
    assert "other" not in out.getvalue()
    assert out.getvalue().count("***") >= 5
    assert "ValueError" in out.getvalue()


def test_what_is_no_text_can_be_written() -> None:
    out = io.StringIO()
    log.setup(Log(format="json"), service="camera", stream=out)
    structlog.get_logger().warning("skipped", file=b"caf\xe9".decode(errors="surrogateescape"))
    json.loads(out.getvalue())["file"].encode()
