"""How the commands find the hub, and what they say when they do not."""

import asyncio
import shlex
import sys
from pathlib import Path

import pytest

from lookout.embedded.ports import free_port
from lookout.host.settings import Redis
from lookout.store.client import opened
from lookout.store.index import ensure_indexes
from lookout.store.nodes import Nodes
from tests.cli.conftest import Cli, StartNode
from tests.support.rawcamera import Write, answering
from tests.support.servers import BrokerServer, StoreServer

LOOKOUT = str(Path(sys.executable).with_name("lookout"))
DEMO = "start `lookout demo`"
SOON = {"lookout.cli.connection.CONNECT_SECONDS": 2.0}


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
    assert "LOOKOUT_MQTT__URL names another hub than the demo that runs" in said.err


async def test_a_broker_that_is_away_is_named(cli: Cli) -> None:
    port = free_port()
    said = await cli("call", "all", "identify", LOOKOUT_MQTT__URL=f"mqtt://127.0.0.1:{port}")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"No broker answers at 127.0.0.1:{port}")


async def test_a_wrong_password_is_told_and_not_shown(cli: Cli, broker: BrokerServer) -> None:
    url = f"mqtt://hub:not-the-password@127.0.0.1:{broker.port}"
    said = await cli("call", "all", "identify", constants=SOON, LOOKOUT_MQTT__URL=url)
    assert (said.code, said.out) == (1, "")
    assert "does not let us in: check user, password" in said.err
    assert "not-the-password" not in said.err


async def test_a_redis_that_is_away_is_told(cli: Cli) -> None:
    said = await cli("nodes", constants=SOON, LOOKOUT_REDIS__URL=f"redis://127.0.0.1:{free_port()}")
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("nodes",),
        ("images", "--lux", "1..2"),
        ("images", "--cursor", "abc"),
        ("storage",),
        ("keep", "garden:1795213515473"),
        ("node", "remove", "garden"),
        ("node", "rename", "garden", "barn"),
        ("tune", "garden"),
        ("refused", "list"),
        ("hub",),
    ],
    ids=" ".join,
)
async def test_without_redis_installed_a_command_says_what_it_needs(
    environment: dict[str, str], tmp_path: Path, broker: BrokerServer, arguments: tuple[str, ...]
) -> None:
    missing = tmp_path / "redis.py"
    missing.write_text("raise ModuleNotFoundError(\"No module named 'redis'\", name='redis')\n")
    hub = {"LOOKOUT_MQTT__URL": broker.url("hub"), "LOOKOUT_REDIS__URL": "redis://127.0.0.1:1"}
    process = await asyncio.create_subprocess_exec(
        LOOKOUT,
        *arguments,
        env=environment | hub | {"PYTHONPATH": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.count(b"\n") == 1, "a sentence, no traceback"
    assert f"`lookout {arguments[0]}` needs redis, which is not installed here" in err.decode()


async def test_a_broker_that_hangs_is_not_told_as_a_wrong_password(cli: Cli) -> None:
    async def hang(write: Write) -> None:
        await asyncio.Event().wait()

    async with answering(hang) as port:
        said = await cli(
            "call", "all", "identify", constants=SOON, LOOKOUT_MQTT__URL=f"mqtt://127.0.0.1:{port}"
        )
    assert (said.code, said.out) == (1, "")
    assert "takes the connection and says nothing" in said.err
    assert "password" not in said.err


async def test_what_is_no_broker_is_told(cli: Cli) -> None:
    async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        said = await cli(
            "call", "all", "identify", constants=SOON, LOOKOUT_MQTT__URL=f"mqtt://127.0.0.1:{port}"
        )
    assert said.code == 1
    assert "cannot be used" in said.err
    assert "password" not in said.err


@pytest.mark.parametrize("arguments", [("images", "--node", "nosuch"), ("tune", "nosuch")])
async def test_a_node_that_never_was_is_named(
    cli: Cli, redis_url: str, arguments: tuple[str, ...]
) -> None:
    async with opened(Redis(url=redis_url)) as client:
        await ensure_indexes(client)
        await Nodes(client).seen("garden", 1.0)
    said = await cli(*arguments, LOOKOUT_REDIS__URL=redis_url)
    assert (said.code, said.out) == (1, "")
    assert said.err == "No node nosuch is known here: there are garden.\n"


async def test_a_node_without_pictures_is_no_slip(cli: Cli, redis_url: str) -> None:
    async with opened(Redis(url=redis_url)) as client:
        await ensure_indexes(client)
        await Nodes(client).seen("garden", 1.0)
    said = await cli("images", "--node", "garden", LOOKOUT_REDIS__URL=redis_url)
    assert (said.code, said.out) == (0, "No picture matches.\n")


@pytest.mark.parametrize("option", ["-h", "--help", "--version"])
async def test_the_usual_options_are_there(cli: Cli, option: str) -> None:
    said = await cli(option)
    assert (said.code, said.err) == (0, "")
    assert "lookout" in said.out
    assert (await cli("nodes", "-h")).code == 0


async def test_a_wrong_cursor_is_told_once(cli: Cli) -> None:
    said = await cli("images", "--cursor", "abc")
    assert said.err.count("abc") == 1


async def test_a_reader_that_went_away_is_no_error(environment: dict[str, str]) -> None:
    command = f"{shlex.quote(LOOKOUT)} -h | true; {shlex.quote(LOOKOUT)} images -h | head -n 1"
    process = await asyncio.create_subprocess_shell(
        command,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert err == b""
