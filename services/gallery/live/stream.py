"""Server-sent events: one reader of the store and the bus, any number of viewers.

Each message has a place. A page says at which place it was drawn, a browser that reconnects which
one it heard last, and both are told what was said since. What is not kept any more, or was missed
by the gallery itself, becomes `resync`: load your list again. So does what a viewer that cannot
keep up has lost, so that one slow phone costs nobody anything.
"""

import json
import re
import secrets
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import structlog

from services.gallery import metrics
from services.gallery.live.viewer import Body, Form, Judge, Viewer, everything
from services.gallery.web.problems import Problem

KEPT: Final = 400  # messages that can be said again; fewer than a viewer's queue takes
KEPT_SECONDS: Final = 60.0  # so long they are kept for a page that was drawn, or lost its line
logger = structlog.get_logger()
PLACE: Final = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})")


class Said:
    """One message: what it is about, and its bytes in each form that was asked for."""

    def __init__(self, place: str, kind: str, body: Body, subject: Any) -> None:
        self.kind = kind
        self.subject = subject
        self._place = place
        self._body = body
        self._encoded: dict[Form, bytes] = {}

    def encoded(self, form: Form) -> bytes:
        """As on the wire; made once for all viewers of this form. Nothing, when it fails."""
        if form not in self._encoded:
            try:
                self._encoded[form] = encode(self.kind, self._body(form), self._place)
            except Exception:  # a hash that others wrote may hold anything
                logger.exception("a message could not be made", kind=self.kind)
                self._encoded[form] = b""
        return self._encoded[form]


class Stream:
    """Hands messages to every viewer."""

    def __init__(self, *, most_viewers: int) -> None:
        self._viewers: set[Viewer] = set()
        self._most = most_viewers
        self._name = secrets.token_hex(4)  # of this process: places of another mean nothing here
        self._number = 0
        self._kept: deque[Said] = deque()  # the last ones, without a gap
        self._wanted_until = 0.0

    def __len__(self) -> int:
        return len(self._viewers)

    @property
    def place(self) -> str:
        """Where the stream is now."""
        return f"{self._name}-{self._number}"

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens, or will soon."""
        return bool(self._viewers) or time.monotonic() < self._wanted_until

    def drawn(self) -> str:
        """The place for a page whose lists are read after this: what follows will be asked for."""
        self._wanted_until = time.monotonic() + KEPT_SECONDS
        return self.place

    @contextmanager
    def watched(
        self, form: Form, *, after: str | None = None, wants: Judge = everything
    ) -> Iterator[Viewer]:
        """A viewer for as long as the context lasts, told first what was said `after` a place.

        Raises a 503 Problem when there are enough.
        """
        if len(self._viewers) >= self._most:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self._most} live pages are open already: close one, or raise "
                "LOOKOUT_GALLERY__VIEWERS.",
            )
        viewer = Viewer(form, wants)
        if after is not None:
            self._catch_up(viewer, after)
        self._viewers.add(viewer)
        metrics.VIEWERS.set(len(self._viewers))
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)
            self._wanted_until = time.monotonic() + KEPT_SECONDS
            metrics.VIEWERS.set(len(self._viewers))

    def send(self, kind: str, body: Body, *, subject: Any = None) -> None:
        """Tell every viewer who wants it; `subject` is what they judge by."""
        if not self.is_wanted:
            self.skip()
            return
        self._number += 1
        said = Said(self.place, kind, body, subject)
        self._kept.append(said)
        while len(self._kept) > KEPT:
            self._kept.popleft()
        told = [viewer for viewer in self._viewers if viewer.wants(kind, subject)]
        for viewer in told:
            viewer.offer(said.encoded(viewer.form), self._resync())
        metrics.STREAMED.labels(kind).inc(len(told))

    def skip(self) -> None:
        """Something happened while nobody listened: whoever comes from before has missed it."""
        self._number += 1
        self._kept.clear()

    def resync(self) -> None:
        """Tell every viewer, and who comes back, that something may have been missed."""
        self.skip()
        for viewer in self._viewers:
            viewer.offer(self._resync(), self._resync())

    def close(self) -> None:
        """End every live page: the process stops."""
        for viewer in self._viewers:
            viewer.close()

    def _catch_up(self, viewer: Viewer, after: str) -> None:
        missed = self._since(after)
        if missed is None:
            viewer.offer(self._resync(), self._resync())
            return
        for said in missed:
            if viewer.wants(said.kind, said.subject):
                viewer.offer(said.encoded(viewer.form), self._resync())

    def _since(self, place: str) -> list[Said] | None:
        """What was said after a place; None when that is not known (any more)."""
        match = PLACE.fullmatch(place)
        if match is None or match[1] != self._name:
            return None
        count = self._number - int(match[2])
        if not 0 <= count <= len(self._kept):
            return None
        return list(self._kept)[len(self._kept) - count :]

    def _resync(self) -> bytes:
        reason = "what was said meanwhile is not kept: load your lists again"
        return encode("resync", {"reason": reason}, self.place)


def always(body: dict[str, Any]) -> Body:
    """What is the same in every form."""
    return lambda _: body


def encode(kind: str, body: dict[str, Any], place: str) -> bytes:
    """One message as on the wire (HTML Standard, section 9.2.6)."""
    # json.dumps escapes line ends inside strings, so the data is one line.
    text = json.dumps(body, separators=(",", ":"))
    return f"id: {place}\nevent: {kind}\ndata: {text}\n\n".encode()
