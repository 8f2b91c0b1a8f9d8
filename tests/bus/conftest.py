"""The two ways to read what a broker sends."""

import pytest

from lookout.bus import connection


@pytest.fixture(params=["ours", "paho's"])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """By our own reader, and as with a version of paho that is new to us."""
    if request.param != "ours":
        monkeypatch.setattr(connection, "can_be_fed", lambda: False)
