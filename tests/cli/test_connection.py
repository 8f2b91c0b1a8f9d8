"""How the commands find the hub, and what they say when they do not."""

from pathlib import Path

import pytest

from lookout.embedded.ports import free_port
from tests.cli.conftest import Cli, StartNode
from tests.support.servers import BrokerServer, StoreServer

DEMO = "start `lookout demo`"


@pytest.fixture
def demo_file(environment: dict[str, str]) -> Path:
    """Where a running demo would write how it is reached."""
    file = Path(environment["XDG_RUNTIME_DIR"]) / "lookout" / "demo.env"
    file.parent.mkdir(parents=True)
    return file


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        (("nodes",), "LOOKOUT_REDIS__URL"),
        (("images",), "LOOKOUT_REDIS__URL"),
        (("capture", "garden"), "LOOKOUT_MQTT__URL"),
        (("call", "garden", "identify"), "LOOKOUT_MQTT__URL"),
        (("watch",), "LOOKOUT_MQTT__URL"),
    ],
)
async def test_without_a_hub_each_command_says_what_to_set(
    cli: Cli, arguments: tuple[str, ...], variable: str
) -> None:
    said = await cli(*arguments)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"{variable} is not set")
    assert DEMO in said.err


async def test_the_running_demo_is_used_when_nothing_else_is_set(
    cli: Cli, demo_file: Path, broker: BrokerServer, redis_server: StoreServer, node: StartNode
) -> None:
    demo_file.write_text(
        f"LOOKOUT_MQTT__URL={broker.url('hub')}\nLOOKOUT_REDIS__URL={redis_server.url}\n"
        "LOOKOUT_GALLERY_URL=http://127.0.0.1:1\n"
    )
    async with node("garden"):
        said = await cli("call", "garden", "identify")
    assert "unknown_service" in said.err
    assert (await cli("nodes", "--json")).document == {"nodes": []}


async def test_the_environment_wins_over_the_demo_as_a_whole(
    cli: Cli, demo_file: Path, redis_server: StoreServer
) -> None:
    mine = f"mqtt://127.0.0.1:{free_port()}"
    demo_file.write_text(
        f"LOOKOUT_MQTT__URL=mqtt://127.0.0.1:1\nLOOKOUT_REDIS__URL={redis_server.url}\n"
    )
    said = await cli("nodes", LOOKOUT_MQTT__URL=mine)
    assert said.err.startswith("LOOKOUT_REDIS__URL is not set"), "another hub's Redis is no use"


async def test_a_broker_that_is_away_is_named(cli: Cli) -> None:
    port = free_port()
    said = await cli("call", "all", "identify", LOOKOUT_MQTT__URL=f"mqtt://127.0.0.1:{port}")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"No broker answers at 127.0.0.1:{port}")


async def test_a_wrong_password_is_told_and_not_shown(cli: Cli, broker: BrokerServer) -> None:
    url = f"mqtt://hub:not-the-password@127.0.0.1:{broker.port}"
    said = await cli("call", "all", "identify", LOOKOUT_MQTT__URL=url)
    assert (said.code, said.out) == (1, "")
    assert "does not let us in: check user, password" in said.err
    assert "not-the-password" not in said.err


async def test_a_redis_that_is_away_is_told(cli: Cli) -> None:
    said = await cli("nodes", LOOKOUT_REDIS__URL=f"redis://127.0.0.1:{free_port()}")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("No Redis answers")


async def test_a_wrong_redis_password_is_told_and_not_shown(
    cli: Cli, redis_server: StoreServer
) -> None:
    url = f"redis://:not-the-password@127.0.0.1:{redis_server.port}"
    said = await cli("nodes", LOOKOUT_REDIS__URL=url)
    assert (said.code, said.out) == (1, "")
    assert "Check user and password in LOOKOUT_REDIS__URL" in said.err
    assert "not-the-password" not in said.err


async def test_a_redis_in_which_no_hub_ever_ran_has_no_images(
    cli: Cli, redis_server: StoreServer
) -> None:
    said = await cli("images", LOOKOUT_REDIS__URL=redis_server.url)
    assert (said.code, said.out) == (1, "")
    assert "is the hub running?" in said.err


async def test_a_url_that_is_none_is_refused_by_name(cli: Cli) -> None:
    said = await cli("nodes", LOOKOUT_REDIS__URL="localhost:6379")
    assert (said.code, said.out) == (1, "")
    assert "redis.url" in said.err
    assert "LOOKOUT_REDIS__URL" in said.err
