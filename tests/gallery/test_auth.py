"""Who may look, who may change, and from where."""

import base64

import pytest
from yarl import URL

from lookout.host.run import Unusable
from services.gallery.settings import Gallery, check_exposure
from services.gallery.web.auth import COOKIE, FREE_TRIES, safe_path
from tests.gallery.conftest import StartGallery, Web

PASSWORD = "a long password"


@pytest.fixture
async def closed(start_gallery: StartGallery) -> Web:
    """A gallery with a password."""
    return await start_gallery(password=PASSWORD)


@pytest.mark.parametrize("path", ["/api/images", "/api/stream", "/metrics", "/api/openapi.json"])
async def test_programs_get_a_401_problem(closed: Web, path: str) -> None:
    answer = await closed.get(path)

    assert (answer.status, answer.content_type) == (401, "application/problem+json")
    assert "Basic" in answer.headers["WWW-Authenticate"]


async def test_people_are_led_to_the_login(closed: Web) -> None:
    answer = await closed.get("/nodes?x=1&y=%26", allow_redirects=False)

    location = URL(answer.headers["Location"])
    assert (answer.status, location.path) == (303, "/login")
    assert location.query["next"] == "/nodes?x=1&y=%26"


async def test_health_is_open_and_tells_little(closed: Web) -> None:
    answer = await closed.get("/healthz")

    assert answer.status == 200
    assert await answer.json() == {"status": "ok", "work": "ok", "redis": "ok", "broker": "ok"}


async def test_the_password_opens_by_basic_and_by_bearer(closed: Web) -> None:
    secret = base64.b64encode(f"anybody:{PASSWORD}".encode()).decode()
    basic = await closed.get("/api/images", headers={"Authorization": f"Basic {secret}"})
    bearer = await closed.get("/api/images", headers={"Authorization": f"Bearer {PASSWORD}"})
    wrong = await closed.get("/api/images", headers={"Authorization": "Bearer nonsense"})
    broken = await closed.get("/api/images", headers={"Authorization": "Basic %%%"})

    assert [each.status for each in (basic, bearer, wrong, broken)] == [200, 200, 401, 401]


async def test_the_login_gives_a_cookie_that_opens(closed: Web) -> None:
    form = {"password": PASSWORD, "next": "/nodes"}
    answer = await closed.post("/login", data=form, allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/nodes")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert (await closed.get("/api/images")).status == 200

    await closed.post("/logout")
    assert (await closed.get("/api/images")).status == 401


async def test_a_made_up_cookie_does_not_open(closed: Web) -> None:
    headers = {"Cookie": f"{COOKIE}=viewer.aGVsbG8.aGVsbG8"}

    assert (await closed.get("/api/images", headers=headers)).status == 401


async def test_a_cookie_of_another_password_does_not_open(
    closed: Web, start_gallery: StartGallery
) -> None:
    other = await start_gallery(password="another password")
    form = {"password": "another password"}
    cookie = (await other.post("/login", data=form, allow_redirects=False)).cookies[COOKIE].value

    answer = await closed.get("/api/images", headers={"Cookie": f"{COOKIE}={cookie}"})

    assert answer.status == 401


async def test_wrong_tries_are_slowed_down_and_a_cookie_still_opens(closed: Web) -> None:
    await closed.post("/login", data={"password": PASSWORD})
    for _ in range(FREE_TRIES):
        assert (await closed.post("/login", data={"password": "wrong"})).status == 401
    assert (await closed.post("/login", data={"password": "wrong"})).status == 401

    slowed = await closed.post("/login", data={"password": PASSWORD})

    assert slowed.status == 429
    assert int(slowed.headers["Retry-After"]) >= 1
    assert (await closed.get("/api/images")).status == 200


async def test_static_files_are_open_for_the_login_page(closed: Web) -> None:
    page = await (await closed.get("/login")).text()
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]

    answer = await closed.get(style)

    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_other_sites_cannot_change_anything(gallery: Web, headers: dict[str, str]) -> None:
    for method, path in (
        ("POST", "/api/nodes/garden/commands/capture"),
        ("DELETE", "/api/images/garden:1"),
        ("POST", "/api/images/garden:1/keep"),
        ("POST", "/login"),
    ):
        answer = await gallery.request(method, path, headers=headers)
        assert answer.status == 403, f"{method} {path}"


async def test_our_own_pages_and_programs_can(gallery: Web) -> None:
    own = f"http://{gallery.host}:{gallery.port}"
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": own}, {}):
        answer = await gallery.delete("/api/images/garden:1", headers=headers)
        assert answer.status == 404  # let through, and there is no such image


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.168.1.5:8080"])
async def test_without_a_password_other_names_are_refused(gallery: Web, host: str) -> None:
    answer = await gallery.get("/api/images", headers={"Host": host})

    assert answer.status == 403
    assert host.partition(":")[0] in await answer.text()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9999", "[::1]:8080"])
async def test_names_of_this_computer_are_let_in(gallery: Web, host: str) -> None:
    assert (await gallery.get("/api/images", headers={"Host": host})).status == 200


async def test_a_trusted_name_is_let_in(start_gallery: StartGallery) -> None:
    gallery = await start_gallery(trusted_hosts=("garden.example",))

    assert (await gallery.get("/api/images", headers={"Host": "garden.example"})).status == 200


@pytest.mark.parametrize("path", ["/", "/images/garden:1", "/api/images", "/login", "/nowhere"])
async def test_every_answer_carries_the_security_headers(gallery: Web, path: str) -> None:
    answer = await gallery.get(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "gallery.example"])  # noqa: S104
def test_an_open_gallery_on_the_network_is_refused(host: str) -> None:
    with pytest.raises(Unusable, match="LOOKOUT_GALLERY__PASSWORD"):
        check_exposure(Gallery(host=host))

    check_exposure(Gallery(host=host, password=PASSWORD))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_an_open_gallery_on_this_computer_is_fine(host: str) -> None:
    check_exposure(Gallery(host=host))


@pytest.mark.parametrize(
    ("path", "goes_to"),
    [("/nodes?x=1", "/nodes?x=1"), ("//evil", "/"), ("/\\evil", "/"), ("https://evil", "/"),
     ("", "/"), ("/a\nb", "/"), ("/../other", "/"), ("/a/%2e%2E/..", "/"),
     ("/?lux=..5", "/?lux=..5")],
)  # fmt: skip
def test_a_login_leads_to_our_own_pages_only(path: str, goes_to: str) -> None:
    assert safe_path(path) == goes_to
