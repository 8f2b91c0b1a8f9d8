"""Who may come in: a password as cookie, HTTP Basic or bearer token; same-origin for changes."""

import base64
import hashlib
import hmac
import ipaddress
import re
import time
from collections import OrderedDict
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from aiohttp import web
from itsdangerous import BadSignature, TimestampSigner

from services.gallery import metrics
from services.gallery.settings import Gallery, is_loopback
from services.gallery.web.problems import Problem
from services.gallery.web.proxies import prefix_of, visit_of

COOKIE: Final = "lookout"
COOKIE_SECONDS: Final = 30 * 86_400
FREE_TRIES: Final = 3  # wrong ones in a row before the pauses begin
LONGEST_PAUSE: Final = 60.0  # seconds
MOST_REMEMBERED: Final = 1024  # addresses
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Tries:
    """Wrong passwords by address: each further one doubles the pause before the next try."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # number, open again at

    def check(self, address: str) -> None:
        """Raises a 429 Problem while the address must wait."""
        _, until = self._wrong.get(address, (0, 0.0))
        if (left := until - time.monotonic()) > 0:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"Too many wrong passwords: wait {left:.0f} s.",
                headers={"Retry-After": str(max(1, round(left)))},
            )

    def note(self, address: str, right: bool) -> None:
        number, _ = self._wrong.pop(address, (0, 0.0))
        if right:
            return
        metrics.REFUSED_LOGINS.inc()
        number += 1
        pause = min(LONGEST_PAUSE, 2.0 ** (number - FREE_TRIES)) if number > FREE_TRIES else 0.0
        self._wrong[address] = (number, time.monotonic() + pause)
        if len(self._wrong) > MOST_REMEMBERED:
            self._wrong.popitem(last=False)


class Door:
    """Decides about each request. Without a password it lets this computer's own browsers in."""

    def __init__(self, settings: Gallery) -> None:
        self._names = {name.lower() for name in settings.trusted_hosts}
        self._password = settings.password.get_secret_value() if settings.password else None
        self._ingress_only = bool(settings.ingress) and self._password is None
        self._tries = Tries()
        self._signer = TimestampSigner(_signing_key(self._password or ""))

    @property
    def has_password(self) -> bool:
        return self._password is not None

    def check_host(self, request: web.Request) -> None:
        """Refuse names that an attacker's page may have pointed here (DNS rebinding).

        With a password there is nothing to gain by it: the cookie belongs to the right name. The
        proxy's own Host is checked besides, as such a page can send an X-Forwarded-Host too.
        """
        if self._password is not None or self._ingress_only:
            return
        for host in (request.host, request.headers.get("Host", "")):
            name = _host_name(host)
            if not is_loopback(name) and name not in self._names:
                raise Problem(
                    HTTPStatus.FORBIDDEN,
                    f"Host = {name!r}: without a password the gallery answers to localhost only. "
                    "Set LOOKOUT_GALLERY__PASSWORD, or add the name to "
                    "LOOKOUT_GALLERY__TRUSTED_HOSTS.",
                )

    def admits(self, request: web.Request) -> bool:
        """Whether the request carries a right cookie or password, or comes by the ingress.

        Raises a 429 Problem, or a 403 one where there is no other way in than the ingress.
        """
        if visit_of(request).user is not None:
            return True
        if self._ingress_only:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "This gallery opens inside Home Assistant only. Set LOOKOUT_GALLERY__PASSWORD to "
                "open it elsewhere too.",
            )
        if self._password is None or self._has_cookie(request):
            return True
        given = _given_password(request)
        return given is not None and self.try_password(request, given)

    def try_password(self, request: web.Request, given: str) -> bool:
        """Whether it is the password; wrong ones slow their address down."""
        address = _network(request.remote or "")
        self._tries.check(address)
        right = hmac.compare_digest(_digest(given), _digest(self._password or ""))
        self._tries.note(address, right)
        return right

    def let_in(self, request: web.Request, response: web.StreamResponse) -> None:
        """Give the browser its cookie."""
        response.set_cookie(
            COOKIE,
            self._signer.sign(b"viewer").decode(),
            path=prefix_of(request) or "/",
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Strict",
            secure=request.scheme == "https",
        )

    def _has_cookie(self, request: web.Request) -> bool:
        try:
            cookie = request.cookies.get(COOKIE, "").encode()
            self._signer.unsign(cookie, max_age=COOKIE_SECONDS)
        except (BadSignature, UnicodeEncodeError):  # an expired one is a BadSignature too
            return False
        return True


def check_origin(request: web.Request) -> None:
    """Refuse changes that another site's page asks for (CSRF).

    Browsers say where a request comes from in Sec-Fetch-Site or Origin; programs send neither.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        own = site in {"same-origin", "none"}
    else:
        own = origin is None or _split(origin).netloc.lower() == request.host.lower()
    if not own:
        raise Problem(
            HTTPStatus.FORBIDDEN, "This change was asked for by another site's page: refused."
        )


def safe_path(path: str) -> str:
    """A path of our own to go to after the login; anything else becomes the first page."""
    own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    upwards = ".." in re.split(r"[/\\]", unquote(path.partition("?")[0]))  # out of our prefix
    return path if own and not upwards else "/"


def _given_password(request: web.Request) -> str | None:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except ValueError:  # not base64, or not UTF-8 inside
        return None


def _host_name(host: str) -> str:
    return (_split(f"//{host}").hostname or "").lower()


def _split(url: str) -> SplitResult:
    """The parts of a URL; of one that is none, such as http://[, all are empty."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _network(address: str) -> str:
    """An IPv6 customer has a whole /64 to try from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _digest(text: str) -> bytes:
    # What is not UTF-8 in a header or form arrives as lone surrogates, which no encoder takes.
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _signing_key(password: str) -> bytes:
    """A new password makes every older cookie void; slow, so that a cookie does not give it away.

    Parameters of scrypt as in RFC 7914, section 2, for interactive logins.
    """
    return hashlib.scrypt(password.encode(), salt=b"lookout gallery cookie", n=2**14, r=8, p=1)
