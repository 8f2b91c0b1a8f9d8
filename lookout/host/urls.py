"""URLs with logins, taken apart so that no piece of a password is taken for something else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

ENCODE: Final = "In user and password write / as %2F, ? as %3F, # as %23 and @ as %40"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a URL names. User and password are decoded, and None where there are none."""

    scheme: str
    user: str | None
    password: str | None
    host: str  # without the brackets of IPv6
    port: int | None
    target: str  # path and query


def split(url: str, schemes: Sequence[str], form: str) -> Parts:
    """The parts of a URL of one of these schemes.

    Raises ValueError, with `form` as what is allowed; it never holds a piece of the URL, which may
    be one of a password.
    """
    scheme, login, place, target = pieces(url, schemes, form)
    try:
        named = urlsplit(f"//{place}")
        host, port = named.hostname, named.port
    except ValueError:
        raise ValueError(
            f"{form}; the port is from 1 to 65535, and IPv6 stands in brackets. {ENCODE}"
        ) from None
    if not host:
        raise ValueError(form)
    user, colon, password = login.partition(":")
    return Parts(
        scheme, unquote(user) or None, unquote(password) if colon else None, host, port, target
    )


def pieces(url: str, schemes: Sequence[str], form: str) -> tuple[str, str, str, str]:
    """Scheme, login, place and target. Raises ValueError as `split`."""
    scheme, separator, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in schemes:
        raise ValueError(form)
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    behind = rest[len(authority) :]
    if "@" in behind:
        # Either a password holds one of these characters, and its rest would be taken for the
        # path and be shown, or an innocent path holds an @: nobody can tell.
        raise ValueError(f"has an @ after the first /, ? or #. {ENCODE}; in a path write @ as %40")
    login, _, place = authority.rpartition("@")
    return scheme, login, place, behind.partition("#")[0]
