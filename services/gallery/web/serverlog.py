"""What aiohttp's server logs: a stranger's broken request is counted, not a traceback."""

import logging
from typing import Final

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError

from services.gallery import metrics

NAME: Final = "lookout.gallery.server"


class OnlyOurFaults(logging.Filter):
    """Leaves out what is not HTTP, or a body that is not what its headers say: it got its 400."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | RequestPayloadError):
            metrics.NOT_HTTP.inc()
            return False
        return True


def server_logger() -> logging.Logger:
    """The logger for aiohttp's server."""
    logger = logging.getLogger(NAME)
    if not logger.filters:
        logger.addFilter(OnlyOurFaults())
    return logger
