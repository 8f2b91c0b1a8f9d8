"""A camera's address and login: understood as they are meant, and never said."""

import pytest
from pydantic import ValidationError

from lookout.host.redaction import Secrets, fit_to_say, known, redact_url, url_secrets
from lookout.host.settings import SettingsError, load, show
from services.camera.settings import Camera, CameraSettings
from services.camera.settings.address import Address, parse
from services.camera.sources import SourceError, make_source
from tests.camera.picamera2_behaviour import fails_to_open


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test makes known is not hidden from the next."""
    fresh = Secrets()
    monkeypatch.setattr(known, "_values", fresh._values)
    monkeypatch.setattr(known, "_pattern", None)


AMBIGUOUS = [
    "rtsp://admin:1234#5x9@host/x",  # Kurento #611
    "rtsp://admin:12/5x9@host/x",  # mediamtx #2069
    "rtsp://admin:12?5x9@host/x",
    "rtsp://admin:p5x9#q@host/x",
    "http://admin:5x9/@host/x",
    "rtsp://adm/in:5x9@host",
]


@pytest.mark.parametrize("url", AMBIGUOUS)
def test_a_login_with_characters_that_end_an_address_is_refused_and_not_told(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {"LOOKOUT_NODE": "a", "LOOKOUT_CAMERA__SOURCE": "rtsp"}
    monkeypatch.setattr("os.environ", environment | {"LOOKOUT_CAMERA__URL": url})
    with pytest.raises(SettingsError) as caught:
        load(CameraSettings)
    assert "# as %23" in str(caught.value)
    assert "camera.password" in str(caught.value)
    assert not any(piece in str(caught.value) for piece in ("5x9", "1234"))


@pytest.mark.parametrize("url", ["rtsp://me:s3cret@cam:s3cret", "rtsp://me:s3cret@[cam/x"])
def test_a_wrong_port_or_host_is_told_without_the_url(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Camera(source="rtsp", url=url)
    told = caught.value.errors()[0]["msg"]
    assert "host:port" in told
    assert "s3cret" not in told


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("rtsp://cam", Address("rtsp", "cam", 554, "")),
        ("RTSPS://cam/a", Address("rtsps", "cam", 322, "/a")),
        ("https://cam:1?a=b#c", Address("https", "cam", 1, "?a=b")),
        ("http://me:p%40s%2f@[::1]:8080/a", Address("http", "::1", 8080, "/a", "me", "p@s/")),
        ("rtsp://me:p@ss@cam/a", Address("rtsp", "cam", 554, "/a", "me", "p@ss")),
        ("rtsp://me@cam/a%40b", Address("rtsp", "cam", 554, "/a%40b", "me")),
    ],
)
def test_an_address_is_taken_apart(url: str, parts: Address) -> None:
    assert parse(url) == parts


def test_user_and_password_are_settings_of_their_own_with_any_characters() -> None:
    login = {"user": "ad min", "password": "1234#5/6?7@8:9%"}
    camera = Camera.model_validate({"source": "rtsp", "url": "rtsp://cam/x", **login})
    address = camera.address
    assert (address.user, address.password) == (login["user"], login["password"])
    assert parse(address.with_login("rtsp", "cam", 554)) == address, "libav reads it as we do"
    assert login["password"] not in repr(camera)
    with pytest.raises(ValidationError, match="besides user and password"):
        Camera.model_validate({"source": "rtsp", "url": "rtsp://me:pw@cam/x", **login})


def test_settings_with_a_login_are_shown_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"LOOKOUT_NODE": "a", "LOOKOUT_CAMERA__PASSWORD": "s3cret"}
    monkeypatch.setattr("os.environ", environment)
    settings = load(CameraSettings)
    assert "s3cret" not in show(settings) + repr(settings)


IN_PATH_OR_QUERY = [
    "rtsp://127.0.0.1:9/user=admin&password=s3cret&channel=1&stream=0.sdp",
    "rtsp://127.0.0.1:9/user=admin_password=s3cret_channel=1_stream=0.sdp",
    "rtsp://127.0.0.1:9/live?usr=admin&pwd=s3cret",
    "http://127.0.0.1:9/snap.cgi?token=s3cret",
]


@pytest.mark.parametrize("url", IN_PATH_OR_QUERY)
async def test_a_login_in_path_or_query_is_not_told(url: str) -> None:
    source = make_source(Camera(source="rtsp", url=url, timeout=5.0))
    message = await fails_to_open(source)
    await source.close()
    assert "127.0.0.1:9 gives no picture" in message
    assert "s3cret" not in message
    assert str(SourceError("it said: no s3cret here")) == "it said: no *** here"


def test_a_secret_is_hidden_by_its_value_in_whichever_form() -> None:
    known.learn(url_secrets("rtsp://me:p%40ss%2F1@cam/x"))
    for form in ("p@ss/1", "p%40ss%2F1", "p%40ss/1"):
        assert fit_to_say(f"refused: {form}.") == "refused: ***."


def test_a_short_secret_is_hidden_as_a_word_and_not_within_others() -> None:
    known.learn({"1234", "ab", ""})
    assert fit_to_say("pw 1234, id garden:1795213412345, ab") == (
        "pw ***, id garden:1795213412345, ab"
    )


def test_what_is_no_text_becomes_text() -> None:
    name = b"caf\xe9.jpg".decode(errors="surrogateescape")
    assert str(SourceError(name)) == "caf\N{REPLACEMENT CHARACTER}.jpg"
    assert fit_to_say("\ud800") == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("url", ["redis+sentinel://a:pw1@one,[::1]:1/x", "http://[broken:pw1@"])
def test_a_url_is_redacted_whatever_it_is(url: str) -> None:
    assert "pw1" not in redact_url(url)
