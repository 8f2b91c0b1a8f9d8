"""Settings are refused by key, value and what is allowed; secrets are never shown."""

from pathlib import Path

import pytest

from lookout.host import redisurl
from lookout.host.redaction import fit_to_say, redact_url
from lookout.host.settings import HubSettings, Redis, SettingsError, load, show
from services.camera.settings import CameraSettings
from services.gallery.settings import GallerySettings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {})


def told(environment: dict[str, str], settings: type[HubSettings] | type[CameraSettings]) -> str:
    """What a person is told about these settings."""
    import os

    os.environ.update(environment)
    with pytest.raises(SettingsError) as caught:
        load(settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("LOOKOUT_MQTT__URL", "http://broker", "mqtt://user:password@host:port"),
        ("LOOKOUT_MQTT__URL", "mqtt://broker:99999", "LOOKOUT_MQTT__URL"),
        ("LOOKOUT_REDIS__URL", "localhost", "redis://user:password@host:port"),
        ("LOOKOUT_REDIS__URL", "redis+sentinel://a:1,b:2", "host1:26379,host2:26379/service/db"),
        ("LOOKOUT_REDIS__URL", "redis+sentinel://a,b:many/main", "LOOKOUT_REDIS__URL"),
        ("LOOKOUT_REDIS__URL", "redis+sentinel://a,:1/main", "is not the host:port of a sentinel"),
        ("LOOKOUT_REDIS__CA_FILE", __file__, "ca_file is for a URL that begins with rediss://"),
        ("LOOKOUT_REDIS__CA_FILE", "nowhere.pem", "redis.ca_file = 'nowhere.pem'"),
        ("LOOKOUT_REDIS__SENTINEL_PASSWORD", "x", "is for a redis+sentinel:// URL"),
        ("LOOKOUT_REDIS__REPLICAS", "-1", "redis.replicas = '-1'"),
        ("LOOKOUT_MQTT__KEEPALIVE", "1", "mqtt.keepalive = '1'"),
        ("LOOKOUT_LOG__LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("LOOKOUT_MQTT__UURL", "mqtt://a", "mqtt.uurl: there is no such name; did you mean url?"),
        ("LOOKOUT_MQTT__KEEPALIVE", "1", "must be from 5 to 3600 (seconds between pings)"),
        ("LOOKOUT_MQTT__KEEPALIVE", "soon", "must be a whole number (seconds between pings)"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(key: str, value: str, words: str) -> None:
    assert words in told({key: value}, HubSettings)


def test_a_sentinel_url_is_taken_apart() -> None:
    url = "redis+sentinel://ann:p%40ss@one,[::1]:1234/main/2"
    found = redisurl.sentinels(redisurl.check(url))
    assert found.addresses == (("one", 26379), ("::1", 1234))
    assert (found.service, found.db, found.username, found.password) == ("main", 2, "ann", "p@ss")
    assert Redis(url=url).replicas_needed == 1
    assert Redis(url="redis://one").replicas_needed == 0
    assert "p%40ss" not in redact_url(url)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "node is needed (this node's name: 1 to 32 of a-z"),
        ({"LOOKOUT_NODE": "a", "LOOKOUT_CAPTURE__INTERVALL": "2"}, "did you mean interval?"),
        ({"LOOKOUT_NODE": "a", "LOOKOUT_CAPTURE__X": "2"}, "there are enabled, interval"),
        ({"LOOKOUT_NODE": "Garden Shed"}, "a-z, 0-9, _ and -"),
        ({"LOOKOUT_NODE": "a", "LOOKOUT_CAMERA__SOURCE": "webcam"}, "camera.source = 'webcam'"),
        ({"LOOKOUT_NODE": "a", "LOOKOUT_CAMERA__SOURCE": "video"}, "path is needed"),
        ({"LOOKOUT_NODE": "a", "LOOKOUT_CAPTURE__INTERVAL": "-1"}, "capture.interval = '-1'"),
        ({"LOOKOUT_NODE": "a", "LOOKOUT_CAMERA__RESOLUTION": "big"}, "camera.resolution"),
    ],
)
def test_a_cameras_wrong_setting_is_named(environment: dict[str, str], words: str) -> None:
    assert words in told(environment, CameraSettings)


def test_a_list_that_is_not_json_is_a_sentence() -> None:
    assert "not valid" in told({"LOOKOUT_GALLERY__TRUSTED_HOSTS": "{name"}, GallerySettings)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "lookout.yaml"
    config.write_text("node: garden\ncapture: {interval: 5, quality: 70}\n")
    monkeypatch.setenv("LOOKOUT_CAPTURE__QUALITY", "60")
    settings = load(CameraSettings, config=config)
    assert (settings.node, settings.capture.interval, settings.capture.quality) == ("garden", 5, 60)


@pytest.mark.parametrize("text", ["node: [", "nod: garden\n", "- a\n"])
def test_a_wrong_file_is_told_in_a_sentence(tmp_path: Path, text: str) -> None:
    config = tmp_path / "lookout.yaml"
    config.write_text(text)
    with pytest.raises(SettingsError):
        load(CameraSettings, config=config)


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "url"
    secret.write_text("mqtt://hub:s3cret@broker\n")
    monkeypatch.setenv("LOOKOUT_MQTT__URL_FILE", str(secret))
    assert load(HubSettings).mqtt.password == "s3cret"


def test_a_file_may_include_others_and_take_secrets_from_beside_it(tmp_path: Path) -> None:
    (tmp_path / "lookout.yaml").write_text(
        "node: garden\nmqtt: {url: !secret broker}\ncapture: !include parts/capture.yaml\n"
        "camera: {source: rtsp, url: rtsp://cam/x, user: me, password: !secret camera}\n"
    )
    (tmp_path / "secrets.yaml").write_text("broker: mqtt://garden:br0ker@hub\ncamera: 1234#5\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "capture.yaml").write_text("interval: 7\n")
    settings = load(CameraSettings, config=tmp_path / "lookout.yaml")
    assert (settings.mqtt.password, settings.capture.interval) == ("br0ker", 7)
    assert settings.camera.address.password == "1234#5"
    assert "br0ker" not in show(settings) + fit_to_say("it said br0ker")
    assert "1234#5" not in show(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("node: !secret name\n", "secrets.yaml has no line `name: ...`"),
        ("node: !include away.yaml\n", "away.yaml cannot be read"),
        ("node: !include lookout.yaml\n", "does it include itself?"),
        ("node: !python/object:os.system x\n", "not valid YAML"),
        ("[" * 1500, "not valid YAML"),
    ],
)
def test_an_include_that_fails_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "lookout.yaml").write_text(text)
    (tmp_path / "secrets.yaml").write_text("other: x\n")
    with pytest.raises(SettingsError) as caught:
        load(CameraSettings, config=tmp_path / "lookout.yaml")
    assert words in str(caught.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "lookout.yaml").write_bytes(b"node: caf\xe9\n")
    with pytest.raises(SettingsError, match="not text in UTF-8"):
        load(CameraSettings, config=tmp_path / "lookout.yaml")


def test_a_secret_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_MQTT__URL_FILE", "/nowhere/url")
    with pytest.raises(SettingsError, match="/nowhere/url"):
        load(HubSettings)


def test_settings_are_shown_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKOUT_MQTT__URL", "mqtt://hub:s3cret@broker")
    monkeypatch.setenv("LOOKOUT_GALLERY__PASSWORD", "s3cret too")
    shown = show(load(GallerySettings))
    assert "s3cret" not in shown
    assert "broker" in shown


def test_a_wrong_secret_is_not_repeated() -> None:
    assert "s3cret" not in told({"LOOKOUT_MQTT__URL": "ftp://hub:s3cret@broker"}, HubSettings)


@pytest.mark.parametrize(
    "url",
    ["mqtt://hub:12#s3cret@broker", "mqtt://hub:s3cret/1@broker", "mqtt://hub:s3cret?@broker"],
)
def test_a_password_that_ends_an_address_is_refused_and_not_told(url: str) -> None:
    said = told({"LOOKOUT_MQTT__URL": url}, HubSettings)
    assert "# as %23" in said
    assert "s3cret" not in said


def test_urls_lose_their_password_and_query() -> None:
    assert redact_url("rtsp://me:pw@cam:554/live?token=x") == "rtsp://me:***@cam:554/live?***"
