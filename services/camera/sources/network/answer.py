"""What a camera answers by HTTP, and what it is when it is no picture."""

import html
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from lookout.errors import LookoutError

_TITLE: Final = re.compile(r"<title[^>]*>\s*(.{1,200}?)\s*</title>", re.I | re.S)
_WORDS: Final = re.compile("text/|application/(json|xhtml|xml)")
_SHOWN: Final = 80  # characters of a text


class HttpFailed(LookoutError):
    """There is no answer to use; the text says why, in a part of a sentence."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, kind and body, which may be shorter than was announced and raises HttpFailed."""

    status: int
    reason: str
    content_type: str
    blocks: AsyncIterator[bytes]
    close: Callable[[], None]

    def check(self) -> None:
        """Raises HttpFailed unless it is a success."""
        if self.status != 200:
            raise HttpFailed(f"it answers {self.status} {self.reason}".strip())


def is_words(content_type: str, body: bytes) -> bool:
    """Whether it is for people: a page, a text, an error as JSON."""
    said = _said(body)
    is_text = said.isprintable() and "\N{REPLACEMENT CHARACTER}" not in said
    return is_text or bool(_WORDS.match(content_type))


def described(content_type: str, body: bytes) -> str:
    """What came instead of a picture: a page with its title, a text with its beginning."""
    if not body:
        return "it answers with nothing"
    text = body[:4096].decode(errors="replace")
    if "html" in content_type or text.lstrip()[:1] == "<":
        title = _TITLE.search(text)
        named = f' "{html.unescape(title[1])}"' if title else ""
        return f"it answers with a page{named} and not with a picture"
    if is_words(content_type, body):
        return f'it answers with a text, "{_said(body)}", and not with a picture'
    kind = content_type or "an unknown kind"
    return f"it answers with {len(body)} bytes of {kind} and not with a JPEG"


def _said(body: bytes) -> str:
    return " ".join(body[:4096].decode(errors="replace").split())[:_SHOWN]
