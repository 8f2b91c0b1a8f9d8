"""Several nodes in one lookout.yaml: what is shared, what is each one's own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lookout.host.settings import SettingsError
from services.camera.settings.several import choose
from tests.support.services import clean_environment

ROOT = Path(__file__).parents[2]
TWO: dict[str, Any] = {
    "camera": {"source": "synthetic", "resolution": "640x480"},
    "capture": {"interval": 5},
    "nodes": [
        {"node": "garden", "camera": {"seed": 1}, "live": {"enabled": True}},
        {"node": "barn", "capture": {"interval": 60}, "live": {"enabled": True, "port": 8082}},
    ],
}


def test_an_entry_overrides_what_all_share_key_by_key() -> None:
    garden, barn = choose(TWO, "garden"), choose(TWO, "barn")
    assert garden["camera"] == {"source": "synthetic", "resolution": "640x480", "seed": 1}
    assert (garden["capture"], barn["capture"]) == ({"interval": 5}, {"interval": 60})
    assert "nodes" not in barn


def test_a_file_for_one_node_needs_no_name() -> None:
    assert choose({"node": "garden"}, None) == {"node": "garden"}
    assert choose({"node": 7}, "7")["node"] == "7"
    assert choose({"capture": {}}, "garden")["node"] == "garden"
    assert choose({"nodes": [{"node": "garden"}]}, None)["node"] == "garden"


def test_a_spool_at_the_top_holds_a_folder_for_each() -> None:
    both = {**TWO, "spool": {"path": "/var/spool/lookout", "max_files": 100}}
    garden, barn = choose(both, "garden"), choose(both, "barn")
    assert garden["spool"] == {"path": "/var/spool/lookout/garden", "max_files": 100}
    assert barn["spool"]["path"] == "/var/spool/lookout/barn"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (
            {"nodes": [{"node": name, "spool": {"path": "/s"}} for name in "ab"]},
            "a",
            "spool.path = /s: two nodes have it",
        ),
        (TWO, None, "--node is needed. This file has: garden, barn"),
        (TWO, "gate", "--node gate: there is no such node"),
        ({"node": "garden"}, "barn", "this file is for the node garden"),
        ({"nodes": "garden"}, "garden", "must be a list"),
        ({"nodes": []}, "garden", "must be a list"),
        ({"nodes": [{"camera": {}}]}, "garden", "entry 1 has no `node: NAME`"),
        ({"nodes": [{"node": "a"}, {"node": "a"}]}, "a", "two entries have this name"),
        (
            {"live": {"enabled": True}, "nodes": [{"node": "a"}, {"node": "b"}]},
            "a",
            "live.port = 8081: two nodes",
        ),
    ],
)
def test_what_is_not_clear_is_told(content: dict[str, Any], name: str | None, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        choose(content, name)


def test_a_process_takes_the_node_that_it_is_told(tmp_path: Path) -> None:
    config = tmp_path / "lookout.yaml"
    config.write_text(yaml.safe_dump(TWO))
    command = [sys.executable, "-m", "services.camera", "--config", str(config)]
    shown = subprocess.run(
        [*command, "--node", "barn", "--print-settings"],
        cwd=ROOT,
        env=clean_environment() | {"LOOKOUT_CAPTURE__QUALITY": "33"},
        capture_output=True,
        text=True,
        check=True,
    )
    settings = yaml.safe_load(shown.stdout)
    assert (settings["node"], settings["live"]["port"]) == ("barn", 8082)
    assert settings["capture"]["quality"] == 33
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "garden, barn" in refused.stderr
