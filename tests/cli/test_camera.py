"""`lookout camera check`: the node's own findings, for people and programs."""

from pathlib import Path

from tests.cli.conftest import Cli
from tests.support.servers import BrokerServer

NODE = {"LOOKOUT_NODE": "garden", "LOOKOUT_CAMERA__SOURCE": "synthetic"}


async def test_a_node_that_is_well_exits_with_zero(
    cli: Cli, broker: BrokerServer, tmp_path: Path
) -> None:
    picture = tmp_path / "picture.jpg"
    settings = NODE | {"LOOKOUT_MQTT__URL": broker.url("garden"), "LOOKOUT_DATA": str(tmp_path)}
    said = await cli("camera", "check", "--output", str(picture), **settings)
    assert (said.code, said.err) == (0, "")
    assert "may publish as garden" in said.out
    assert picture.read_bytes()[:2] == b"\xff\xd8"


async def test_a_problem_is_shown_with_what_to_do_and_a_code(cli: Cli, tmp_path: Path) -> None:
    settings = NODE | {"LOOKOUT_MQTT__URL": "mqtt://127.0.0.1:1", "LOOKOUT_DATA": str(tmp_path)}
    said = await cli("camera", "check", "--json", **settings)
    parts = {each["part"]: each for each in said.document["findings"]}
    assert said.code == 1
    assert parts["broker"]["verdict"] == "problem"
    assert "mqtt.url" in parts["broker"]["todo"]
    assert parts["camera"]["verdict"] == "ok"


async def test_wrong_settings_are_named(cli: Cli, tmp_path: Path) -> None:
    config = tmp_path / "lookout.yaml"
    config.write_text("node: garden\ncamera: {source: webcam}\n")
    said = await cli("camera", "check", "--config", str(config))
    assert said.code == 1
    assert "camera.source = 'webcam'" in said.err
    assert "Traceback" not in said.err
