"""structlog set up once for each process: console for people, JSON for machines, no secrets."""

import logging
import re
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from lookout.host.redaction import MASK, fit_to_say
from lookout.host.settings import Log

_PASSWORD_IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@")


def setup(settings: Log, *, service: str, stream: TextIO | None = None) -> None:
    """Configure structlog and the standard library's logging to write to standard error."""
    out = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.contextvars.bind_contextvars(service=service)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # here: an exception may tell a secret, too
            redact,
            *_renderers(_chosen(settings.format, out)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=out, level=max(level, logging.WARNING), force=True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Redacting(logging.BASIC_FORMAT))


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Hide known secrets, and passwords inside URLs, wherever they stand in a log line."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _hidden(value)
    return event


class _Redacting(logging.Formatter):
    """For what libraries log."""

    def format(self, record: logging.LogRecord) -> str:
        return _hidden(super().format(record))


def _hidden(text: str) -> str:
    return _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", fit_to_say(text))


def _chosen(format_: str, out: TextIO) -> Literal["console", "json"]:
    if format_ == "auto":
        return "console" if out.isatty() else "json"
    return "console" if format_ == "console" else "json"


def _renderers(kind: Literal["console", "json"]) -> list[Processor]:
    if kind == "console":
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.JSONRenderer()]
