"""What reverse proxies say of a request, and whom the gallery believes."""

from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from pydantic import ValidationError
from structlog.testing import capture_logs

from lookout.host.run import Unusable
from services.gallery.routes import API, PAGES
from services.gallery.settings import OWN, Gallery, check_exposure
from services.gallery.web.auth import FREE_TRIES
from services.gallery.web.problems import Problem
from services.gallery.web.proxies import Proxies, Visit
from tests.gallery.conftest import StartGallery, Web

PASSWORD = "correct horse"
PROXY, INGRESS, STRANGER = "10.0.0.2", "172.30.32.2", "203.0.113.9"
TOKEN = "/api/hassio_ingress/Zk3"
HERE = "127.0.0.1"  # where the tests' own requests come from


class Peer:
    """A transport that says where it comes from."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._address, 4711) if name == "peername" else default


def request_from(peer: str, path: str, headers: Any) -> web.Request:
    headers = CIMultiDict(headers)
    headers.setdefault("Host", "gallery:8080")
    return make_mocked_request("GET", path, headers, transport=Peer(peer))


def seen(peer: str, headers: Any, path: str = "/nodes?x=1", **settings: Any) -> Visit:
    known = {"trusted_proxies": ("10.0.0.0/8", "fd00::1"), "ingress": (INGRESS,)} | settings
    return Proxies(Gallery(**known)).visit(request_from(peer, path, headers))


LIES: Mapping[str, str] = {
    "X-Forwarded-For": "198.51.100.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Ingress-Path": TOKEN,
    "X-Remote-User-Id": "1",
    "X-Remote-User-Name": "admin",
}


@pytest.mark.parametrize("peer", [STRANGER, HERE, "11.0.0.2", "fd00::2", ""])
def test_a_stranger_is_not_believed(peer: str) -> None:
    visit = seen(peer, LIES)

    assert (visit.prefix, visit.scheme, visit.host) == ("", "http", "gallery:8080")
    assert (visit.address, visit.user) == (peer, None)


def test_by_default_nobody_is_believed() -> None:
    visit = seen(PROXY, LIES, trusted_proxies=(), ingress=())

    assert (visit.prefix, visit.host, visit.address) == ("", "gallery:8080", PROXY)


@pytest.mark.parametrize("peer", [PROXY, "fd00::1", f"::ffff:{PROXY}"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    visit = seen(peer, {**LIES, "X-Ingress-Path": ""})

    assert (visit.prefix, visit.scheme, visit.host) == ("/evil", "https", "evil.example")
    assert visit.address == "198.51.100.1"


def test_a_trusted_proxy_that_is_no_ingress_signs_nobody_in() -> None:
    visit = seen(PROXY, LIES)

    assert (visit.prefix, visit.user) == (TOKEN, None)


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        (["198.51.100.1"], "198.51.100.1"),
        ([f"1.2.3.4, {STRANGER}"], STRANGER),  # what a stranger says of earlier hops
        ([f"1.2.3.4, {STRANGER}, 10.0.0.9"], STRANGER),
        (["1.2.3.4", STRANGER], STRANGER),  # two lines are one list
        (["10.0.0.8, 10.0.0.9"], "10.0.0.8"),
        ([f"{STRANGER}, unknown"], PROXY),
        ([f"{STRANGER}, unknown, 10.0.0.9"], "10.0.0.9"),
        (["198.51.100.1:4711"], "198.51.100.1"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["2001:db8::1"], "2001:db8::1"),
        ([""], PROXY),
        ([], PROXY),
    ],
)
def test_the_client_is_the_nearest_hop_that_is_no_proxy(hops: list[str], client: str) -> None:
    assert seen(PROXY, [("X-Forwarded-For", hop) for hop in hops]).address == client


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", "/a//b", "/a/../b", "/..", "/.", "/<script>", '/"', "/a b", "lookout",
     "/%2e", "https://evil", "/\\evil", "/a, /b", "/" + "x" * 300, "/é"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["X-Forwarded-Prefix", "X-Ingress-Path"])
def test_a_prefix_that_is_none_is_refused(name: str, prefix: str) -> None:
    with pytest.raises(Problem, match=name):
        seen(PROXY, {name: prefix})
    with pytest.raises(ValidationError, match="prefix"):
        Gallery(prefix=prefix)


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "a b"), ("X-Forwarded-Host", "<b>"),
     ("X-Forwarded-Host", "user@host"), ("X-Forwarded-Host", "host/path")],
)  # fmt: skip
def test_nonsense_of_a_trusted_proxy_is_refused(name: str, value: str) -> None:
    with pytest.raises(Problem, match=name):
        seen(PROXY, {name: value})


async def test_a_refused_header_is_named(start_gallery: StartGallery) -> None:
    gallery = await start_gallery(trusted_proxies=(HERE,))

    answer = await gallery.get("/nodes", headers={"X-Forwarded-Prefix": "//evil"})

    assert (answer.status, answer.content_type) == (400, "application/problem+json")
    assert "X-Forwarded-Prefix = '//evil'" in (await answer.json())["detail"]


@pytest.mark.parametrize(
    ("path", "own"),
    [("/lookout", "/"), ("/lookout/", "/"), ("/lookout?x=1", "/?x=1"), ("/nodes", "/nodes"),
     ("/lookout/nodes?x=%26", "/nodes?x=%26"), ("/lookoutx/nodes", "/lookoutx/nodes"),
     ("/lookout/images/%25", "/images/%25")],
)  # fmt: skip
def test_a_fixed_prefix_is_taken_away_where_the_proxy_has_not(path: str, own: str) -> None:
    visit = seen(STRANGER, {}, path, prefix="/lookout/")

    assert (visit.prefix, str(visit.url)) == ("/lookout", own)


def test_no_prefix_can_hide_a_page_of_the_gallery() -> None:
    first = {endpoint.path.split("/")[1] for endpoint in (*API, *PAGES)} - {""} | {"static"}
    assert first == OWN
    for name in first:
        with pytest.raises(ValidationError, match="another name"):
            Gallery(prefix=f"/{name}/lookout")


def test_a_network_with_host_bits_is_refused_with_advice() -> None:
    with pytest.raises(ValidationError, match=r"10\.0\.0\.1/8 has host bits set; use an address"):
        Gallery(trusted_proxies=("10.0.0.1/8",))


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"X-Remote-User-Display-Name": "Ann É", "X-Remote-User-Name": "ann"}, "Ann É"),
        ({"X-Remote-User-Name": "ann"}, "ann"),
        ({"X-Remote-User-Display-Name": "x\u202ey", "X-Remote-User-Name": "ann"}, "ann"),
        ({"X-Remote-User-Display-Name": "x" * 500}, "x" * 100),
        ({}, "Home Assistant"),
    ],
)
def test_the_ingress_says_who_is_signed_in(names: dict[str, str], shown: str) -> None:
    assert seen(INGRESS, {"X-Ingress-Path": TOKEN, **names}).user == shown


def test_what_comes_from_the_supervisor_past_the_ingress_is_nobody() -> None:
    assert seen(INGRESS, {"X-Remote-User-Name": "ann"}).user is None


async def test_wrong_passwords_slow_down_their_own_sender_only(start_gallery: StartGallery) -> None:
    gallery = await start_gallery(password=PASSWORD, trusted_proxies=(HERE,))

    async def status(client: str, password: str) -> int:
        headers = {"X-Forwarded-For": client, "Authorization": f"Bearer {password}"}
        return (await gallery.get("/api/images", headers=headers)).status

    # Made-up hops before the true one do not make it somebody else.
    for number in range(FREE_TRIES + 1):
        assert await status(f"9.9.9.{number}, {STRANGER}", "nonsense") == 401
    assert await status(STRANGER, PASSWORD) == 429
    assert await status("198.51.100.1", PASSWORD) == 200


@pytest.mark.parametrize(("trusted", "secure"), [((HERE,), True), ((), False)])
async def test_the_cookie_is_secure_where_a_trusted_proxy_speaks_https(
    start_gallery: StartGallery, trusted: tuple[str, ...], secure: bool
) -> None:
    gallery = await start_gallery(password=PASSWORD, trusted_proxies=trusted)
    answer = await gallery.post(
        "/login",
        data={"password": PASSWORD},
        headers={"X-Forwarded-Proto": "https"},
        allow_redirects=False,
    )

    assert answer.status == 303
    assert ("Secure" in answer.headers["Set-Cookie"]) is secure


@pytest.mark.parametrize(("trusted", "status"), [((HERE,), 404), ((), 403)])
async def test_own_pages_are_told_by_the_host_that_the_proxy_was_asked_for(
    start_gallery: StartGallery, trusted: tuple[str, ...], status: int
) -> None:
    gallery = await start_gallery(password=PASSWORD, trusted_proxies=trusted)
    headers = {
        "Authorization": f"Bearer {PASSWORD}",
        "Origin": "https://photos.example",
        "X-Forwarded-Host": "photos.example",
        "X-Forwarded-Proto": "https",
    }

    assert (await gallery.delete("/api/images/garden:1", headers=headers)).status == status
    headers["Origin"] = "https://evil.example"
    assert (await gallery.delete("/api/images/garden:1", headers=headers)).status == 403


async def test_a_rebound_name_is_refused_whatever_its_page_says_of_proxies(
    start_gallery: StartGallery,
) -> None:
    gallery = await start_gallery(trusted_proxies=(HERE,), trusted_hosts=("photos.example",))
    said = {"X-Forwarded-Host": "photos.example"}

    assert (await gallery.get("/nodes", headers={**said, "Host": "evil.example"})).status == 403
    assert (await gallery.get("/nodes", headers={**said, "Host": "localhost"})).status == 200
    said["X-Forwarded-Host"] = "evil.example"
    assert (await gallery.get("/nodes", headers={**said, "Host": "localhost"})).status == 403


INSIDE = {"X-Ingress-Path": TOKEN, "X-Remote-User-Display-Name": "Ann <b>"}


@pytest.fixture(params=[None, PASSWORD])
async def in_home_assistant(request: Any, start_gallery: StartGallery) -> Web:
    """A gallery that takes the tests for the ingress, without and with a password."""
    return await start_gallery(ingress=(HERE,), password=request.param)


async def test_who_is_signed_in_at_home_assistant_is_signed_in_here(in_home_assistant: Web) -> None:
    answer = await in_home_assistant.get("/nodes", headers=INSIDE)
    text = await answer.text()

    assert answer.status == 200
    assert "Ann &lt;b&gt;" in text
    assert "/logout" not in text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


async def test_past_the_ingress_nobody_is_signed_in(in_home_assistant: Web) -> None:
    headers = {"X-Remote-User-Display-Name": "Ann"}
    for path in ("/api/images", "/nodes", "/api/nodes/garden/commands/capture"):
        answer = await in_home_assistant.get(path, headers=headers, allow_redirects=False)
        assert answer.status in {303, 401, 403}
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert (await in_home_assistant.get("/healthz")).status == 200


async def test_without_a_password_the_ingress_is_the_only_way_in(
    start_gallery: StartGallery,
) -> None:
    gallery = await start_gallery(ingress=(INGRESS,))

    answer = await gallery.get("/nodes", headers=INSIDE)

    assert answer.status == 403
    assert "inside Home Assistant only" in await answer.text()


async def test_a_command_is_logged_with_who_asked_for_it(in_home_assistant: Web) -> None:
    with capture_logs() as logs:
        await in_home_assistant.post("/api/nodes/garden/commands/capture", headers=INSIDE)

    asked = [line for line in logs if line["event"] == "a command was asked for"]
    assert [(line["node"], line["service"], line["user"]) for line in asked] == [
        ("garden", "capture", "Ann <b>")
    ]


def test_an_ingress_makes_a_password_unnecessary() -> None:
    check_exposure(Gallery(host="0.0.0.0", ingress=(INGRESS,)))  # noqa: S104


@pytest.mark.parametrize("network", ["127.0.0.1", "::1", "0.0.0.0/0", "::/0"])
def test_an_ingress_at_this_computer_is_refused(network: str) -> None:
    with pytest.raises(Unusable, match="LOOKOUT_GALLERY__INGRESS"):
        check_exposure(Gallery(ingress=(network,)))
