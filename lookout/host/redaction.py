"""Secrets are hidden by their value, wherever they turn up; in a URL by their place as well."""

import re
from collections.abc import Iterable
from functools import partial
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from pydantic import BaseModel, SecretStr

MASK: Final = "***"
LEAST: Final = 3  # characters; to hide less would tear texts to pieces
_SECRET_WORDS: Final = ("password", "token", "secret")

# As RFC 3986, appendix B: unlike urlsplit it never raises, whatever stands between the slashes.
_URL: Final = re.compile(r"([^:/?#\s]+)://([^/?#\s]*)([^?#\s]*)(\?[^#\s]*)?(#\S*)?")
_NAMED: Final = re.compile(
    r"(?:pass|pwd|psw|pw|token|key|secret|auth|sig|credential)[a-z]*[=:]([^&?#;,/\s]+)", re.I
)
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")  # surrogates: they cannot be encoded


class Secrets:
    """What must not be shown. Learned when settings are read; used by all that writes text."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, values: Iterable[str]) -> None:
        """Hide these from now on, also as they stand in a URL."""
        written = {form for value in values for form in _forms(value) if len(form) >= LEAST}
        if written <= self._values:
            return
        self._values |= written
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_alone, longest_first)))

    def hide(self, text: str) -> str:
        """The text without what was learned."""
        return self._pattern.sub(MASK, text) if self._pattern else text


known: Final = Secrets()  # one for the process, as its log is


def learn_from(settings: BaseModel) -> None:
    """Hide the secrets of these settings from now on."""
    known.learn(_secrets_in(settings.model_dump(), ""))


def fit_to_say(text: str) -> str:
    """Without secrets, and always valid text: bytes that are not text are shown as such."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", known.hide(text))


def url_secrets(url: str) -> set[str]:
    """The password of a URL, and what its path and query call a password, a key or the like."""
    found = _URL.match(url)
    if found is None:
        return set()
    _, authority, *rest = found.groups()
    secrets = {authority.rpartition("@")[0].partition(":")[2]}
    for named in _NAMED.findall("".join(part or "" for part in rest)):
        # Some cameras write user=admin_password=SECRET_channel=1 in their paths.
        secrets |= {named, named.partition("_")[0]}
    return {value for value in secrets if value}


def redact_url(url: str) -> str:
    """The URL with its password and query replaced, fit for a log."""
    found = _URL.match(url)
    if found is None:
        return known.hide(url)
    scheme, authority, path, query, _ = found.groups()
    login, at, place = authority.rpartition("@")
    user, colon, _ = login.partition(":")
    shown = f"{user}{colon}{MASK}" if colon else user
    return known.hide(f"{scheme}://{shown}{at}{place}{path}{'?' + MASK if query else ''}")


def is_secret(key: str) -> bool:
    """Whether a setting of this name is not to be shown."""
    name = key.rpartition(".")[2]
    return name == "url" or any(word in name for word in _SECRET_WORDS)


def masked(tree: Any, key: str = "") -> Any:
    """Settings as plain data, without what is secret in them."""
    if isinstance(tree, dict):
        return {name: masked(value, name) for name, value in tree.items()}
    if isinstance(tree, list):
        return [masked(value, key) for value in tree]
    if isinstance(tree, str) and "://" in tree:
        return redact_url(tree)
    return MASK if tree and is_secret(key) else tree


def _secrets_in(tree: Any, key: str) -> set[str]:
    if isinstance(tree, dict):
        return {each for name, value in tree.items() for each in _secrets_in(value, name)}
    if isinstance(tree, list | tuple):
        return {each for value in tree for each in _secrets_in(value, key)}
    text = tree.get_secret_value() if isinstance(tree, SecretStr) else tree
    if not isinstance(text, str) or not text:
        return set()
    if "://" in text:
        return url_secrets(text)
    return {text} if isinstance(tree, SecretStr) or is_secret(key) else set()


def _forms(value: str) -> set[str]:
    plain = {value, unquote(value), unquote_plus(value)}
    ways = (quote, partial(quote, safe=""), quote_plus)
    return plain | {way(each) for each in plain for way in ways}


def _alone(value: str) -> str:
    """A pattern for it where it is no part of a longer word: 1234 is hidden, 51234 is not."""
    before = r"(?<![0-9A-Za-z])" if value[0].isalnum() else ""
    after = r"(?![0-9A-Za-z])" if value[-1].isalnum() else ""
    return f"{before}{re.escape(value)}{after}"
