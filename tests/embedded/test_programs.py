"""Finding programs, and what people are told when one is missing."""

from pathlib import Path

import pytest

from lookout.embedded import redis_server
from lookout.embedded.programs import Missing, access_rules, find


def test_a_missing_program_comes_with_the_line_to_type() -> None:
    with pytest.raises(
        Missing, match=r"lookout-no-such-program is not installed\. Type: .*install"
    ):
        find("lookout-no-such-program")


def test_the_access_rules_are_the_projects() -> None:
    assert "pattern write lookout/%u/image" in access_rules().read_text()


def test_without_any_redis_people_are_told_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(redis_server, "package_folder", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Missing, match=r"docker run .* LOOKOUT_REDIS__URL="):
        redis_server.RedisServer(tmp_path, password="x")


async def test_a_server_without_search_is_ended_and_people_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program, _ = redis_server.find_server()
    monkeypatch.setattr(redis_server, "find_server", lambda: (program, []))

    with pytest.raises(Missing, match=r"has no search module\. .*docker run"):
        await redis_server.RedisServer(tmp_path, password="x").start()
