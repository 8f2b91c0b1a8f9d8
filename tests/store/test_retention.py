"""How long an image is kept: the hub's word for a node, else the node's wish, else the default."""

from typing import Any

import pytest

from lookout.host.settings import SettingsError, load
from lookout.store.retention.rules import Cap, Retention
from services.ingest.settings import IngestSettings

DAY = 86_400


@pytest.mark.parametrize(
    ("node", "wish", "seconds"),
    [
        ("garden", None, 7 * DAY),
        ("garden", 3600, 3600),
        ("garden", 400 * DAY, 30 * DAY),  # no more than the hub allows
        ("barn", None, DAY),
        ("barn", 3600, DAY),  # the hub's word for this very node holds
        ("gate", None, 90 * DAY),  # and what it allows others does not bind it
    ],
)
def test_the_hubs_word_for_a_node_goes_before_its_wish(
    node: str, wish: int | None, seconds: int
) -> None:
    rules = Retention(max_ttl=30 * DAY, node_ttl={"barn": DAY, "gate": 90 * DAY})
    assert rules.lifetime(node, wish) == seconds


@pytest.mark.parametrize("text", ["garden=1d,barn=3600", " garden = 24h , barn=60m,", ""])
def test_lifetimes_by_node_are_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("os.environ", {"LOOKOUT_RETENTION__NODE_TTL": text})
    expected = {"garden": DAY, "barn": 3600} if text else {}
    assert load(IngestSettings).retention.node_ttl == expected


def test_caps_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"CAP_BYTES": "2GB", "NODE_CAP_BYTES": "barn=500MB", "NODE_CAP_IMAGES": "barn=50"}
    environment = {f"LOOKOUT_RETENTION__{name}": value for name, value in said.items()}
    monkeypatch.setattr("os.environ", environment)
    rules = load(IngestSettings).retention
    assert rules.cap("garden") == Cap(images=0, bytes=2_000_000_000)
    assert rules.cap("barn") == Cap(images=50, bytes=500_000_000)


def test_json_is_read_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {"LOOKOUT_RETENTION__NODE_TTL": '{"garden": 86400}'})
    assert load(IngestSettings).retention.node_ttl == {"garden": DAY}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("NODE_TTL", "garden", "write node=value pairs such as garden=1d"),
        ("NODE_TTL", "garden=1d,garden=2d", "each node once"),
        ("NODE_TTL", "garden=soon", "retention.node_ttl.garden = 'soon': write a length of time"),
        ("NODE_TTL", "garden=0", "retention.node_ttl.garden = '0'"),
        ("NODE_TTL", "The Garden=1d", "is not a node name"),
        ("NODE_TTL", '{"garden": ', "not JSON"),
        ("IMAGE_TTL", "-5", "retention.image_ttl = '-5': write a length of time"),
        ("MAX_TTL", "9999d", "retention.max_ttl = '9999d'"),
        ("THIN", "1d", "retention.thin = '1d': write age:step pairs, both rising"),
        ("THIN", "1d:1m,7d:1m", "both rising, such as 1d:1m"),
        ("THIN", "7d:1m,1d:1h", "both rising"),
        ("THIN", "1d:often", "retention.thin.0.every = 'often': write a length of time"),
        ("CAP_IMAGES", "-1", "retention.cap_images = '-1'"),
        ("CAP_BYTES", "much", "retention.cap_bytes = 'much': write a size such as 500MB"),
        ("NODE_CAP_BYTES", "garden=much", "retention.node_cap_bytes.garden = 'much': write a size"),
        ("NODE_CAP_IMAGES", "Barn=5", "is not a node name"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    environment: dict[str, Any] = {f"LOOKOUT_RETENTION__{name}": text}
    monkeypatch.setattr("os.environ", environment)
    with pytest.raises(SettingsError) as refused:
        load(IngestSettings)
    assert said in str(refused.value)
