"""The Home Assistant add-on: what the Supervisor reads of it, and its first process.

The Supervisor itself is not run here. What it accepts is written down below, from its own
`addons/validate.py` and `addons/options.py` as of 2026.
"""

import asyncio
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from lookout.bus.errors import Refused
from lookout.bus.session import Session
from lookout.embedded.broker import Mosquitto
from lookout.embedded.redis_server import RedisServer, answers, find_server
from lookout.host.settings import Broker, load
from services.events.settings import EventsSettings
from services.gallery.settings import GallerySettings, check_exposure
from services.ingest.settings import IngestSettings
from tests.support.servers import PASSWORD
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "homeassistant" / "addon"
KEYS = {
    "name", "version", "slug", "description", "arch", "homeassistant", "startup", "services",
    "ingress", "ingress_port", "panel_icon", "panel_title", "watchdog", "timeout", "backup",
    "options", "schema",
}  # fmt: skip
ELEMENT = re.compile(
    r"(?:bool|email|url|port|(?:str|password|int|float)(?:\((?P<low>\d+)?,(?P<high>\d+)?\))?"
    r"|match\((?P<match>.*)\)|list\((?P<list>.+)\))\??"
)
OFFERED = {"host": "core-mosquitto", "port": 1883, "ssl": False, "username": "addons",
           "password": "p@ss/w%C3:1"}  # fmt: skip


def description() -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load((FOLDER / "config.yaml").read_text())
    return described


@pytest.fixture
def run() -> ModuleType:
    """The first process' code."""
    spec = importlib.util.spec_from_file_location("addon_run", FOLDER / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def options() -> dict[str, Any]:
    """What stands in /data/options.json when nobody has changed anything."""
    found: dict[str, Any] = description()["options"]
    return found


def allows(element: str, value: object) -> bool:
    """Whether a value fits the Supervisor's notation."""
    found = ELEMENT.fullmatch(element)
    assert found, element
    if found["list"]:
        return value in found["list"].split("|")
    if found["match"]:
        return re.match(found["match"], str(value)) is not None
    low, high = float(found["low"] or "-inf"), float(found["high"] or "inf")
    return isinstance(value, int) and low <= value <= high


def test_the_supervisor_accepts_its_description() -> None:
    described = description()

    assert described.keys() <= KEYS, "look these up in the Supervisor's schema, then add them here"
    assert {"name", "version", "slug", "description", "arch"} <= described.keys()
    assert re.fullmatch(r"[-_.A-Za-z0-9]+", described["slug"])
    assert set(described["arch"]) == {"aarch64", "amd64"}
    assert described["services"] == ["mqtt:want"]
    assert described["startup"] in {"initialize", "system", "services", "application", "once"}
    assert described["backup"] in {"hot", "cold"}
    assert 10 <= described["timeout"] <= 300
    assert described["watchdog"] == f"tcp://[HOST]:{described['ingress_port']}"


def test_nothing_is_open_to_the_network_nor_has_rights() -> None:
    open_ones = {"ports", "host_network", "privileged", "full_access", "hassio_api", "docker_api",
                 "map", "devices", "apparmor", "homeassistant_api", "webui"}  # fmt: skip
    assert not open_ones & description().keys()
    assert description()["ingress"] is True


def test_its_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert description()["version"] == project["version"]


def test_the_defaults_are_allowed_and_the_rest_is_optional(options: dict[str, Any]) -> None:
    schema = description()["schema"]

    assert options.keys() <= schema.keys()
    assert all(allows(schema[name], value) for name, value in options.items())
    assert all(schema[name].endswith("?") for name in schema.keys() - options.keys())


@pytest.mark.parametrize("name", sorted(description()["schema"]))
def test_each_option_does_something_and_is_explained(
    run: ModuleType, options: dict[str, Any], name: str
) -> None:
    others = {"mqtt_url": "mqtt://me:secret@box:1883", "keep_days": 3, "max_memory": 64,
              "log_level": "debug"}  # fmt: skip
    changed = {**options, name: others[name]}
    assert allows(description()["schema"][name], others[name])

    def effect(chosen: dict[str, Any]) -> object:
        broker = run.broker_url(chosen, OFFERED)
        return run.settings(chosen, broker), run.redis_command(chosen)

    assert effect(changed) != effect(options)
    words = yaml.safe_load((FOLDER / "translations" / "en.yaml").read_text())["configuration"]
    assert words[name].keys() == {"name", "description"}
    assert f"| `{name}` | " in (FOLDER / "DOCS.md").read_text()


def test_the_services_accept_what_they_are_told(
    run: ModuleType, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in run.settings(options, run.broker_url(options, OFFERED)).items():
        monkeypatch.setenv(name, value)

    gallery = load(GallerySettings).gallery
    check_exposure(gallery)
    assert gallery.password is None
    assert [str(network) for network in gallery.ingress] == ["172.30.32.2/32"]
    assert gallery.port == description()["ingress_port"]
    assert load(IngestSettings).retention.image_ttl == 7 * 86_400
    assert load(EventsSettings).redis.url == "unix:///run/lookout/redis.sock"
    broker = load(EventsSettings).mqtt
    assert (broker.host, broker.port, broker.username) == ("core-mosquitto", 1883, "addons")
    assert broker.password == OFFERED["password"]


def test_a_broker_of_ones_own_goes_before_the_one_offered(
    run: ModuleType, options: dict[str, Any]
) -> None:
    options["mqtt_url"] = "mqtts://me:secret@box:8883"

    assert run.broker_url(options, OFFERED) == options["mqtt_url"]
    assert run.broker_url({}, {**OFFERED, "ssl": True}).startswith("mqtts://")
    assert run.broker_url({}, None) is None


@pytest.fixture
async def supervisor(run: ModuleType) -> AsyncIterator[list[str]]:
    """A Supervisor that has a broker from the second question on; gives the tokens it was shown."""
    tokens: list[str] = []

    async def mqtt(request: web.Request) -> web.Response:
        tokens.append(request.headers["Authorization"])
        if len(tokens) == 1:
            return web.json_response({"result": "error"}, status=400)
        return web.json_response({"result": "ok", "data": OFFERED})

    app = web.Application()
    app.router.add_get("/services/mqtt", mqtt)
    server = TestServer(app)
    await server.start_server()
    run.SUPERVISOR, run.ASK_AGAIN = str(server.make_url("/services/mqtt")), 0.05  # type: ignore[attr-defined]
    yield tokens
    await server.close()


async def test_it_waits_until_home_assistant_has_a_broker(
    run: ModuleType, options: dict[str, Any], supervisor: list[str]
) -> None:
    run.ASK_AGAIN = 0.5  # type: ignore[attr-defined]
    url = await asyncio.to_thread(run.find_broker, options, "sesame")

    assert Broker(url=url).password == OFFERED["password"]
    assert supervisor == ["Bearer sesame"] * 2


async def test_what_dies_is_started_again_and_what_hangs_is_killed(
    run: ModuleType, tmp_path: Path
) -> None:
    run.PAUSE, run.STOP_SECONDS = 0.01, 0.2  # type: ignore[attr-defined]
    starts = tmp_path / "starts"
    program = (
        "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"log = pathlib.Path({str(starts)!r}).open('a'); log.write('x'); log.close(); "
        f"time.sleep(0 if len(pathlib.Path({str(starts)!r}).read_text()) < 3 else 60)"
    )
    task = asyncio.create_task(run.keep("it", [sys.executable, "-c", program], {}))

    await eventually(lambda: starts.exists() and starts.read_text() == "xxx")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)  # that no process is left is checked anyway


async def test_redis_starts_again_on_what_a_power_cut_left(
    run: ModuleType, tmp_path: Path, options: dict[str, Any]
) -> None:
    run.PAUSE = 0.01  # type: ignore[attr-defined]
    run.FOLDERS["redis"] = tmp_path / "redis"
    server = RedisServer(tmp_path / "redis", password=PASSWORD)
    async with server:
        pass
    (file,) = (tmp_path / "redis" / "appendonlydir").glob("*.incr.aof")
    with file.open("ab") as written:
        written.write(bytes(4096))
    program, _ = find_server()
    command = [str(program), str(tmp_path / "redis" / "redis.conf")]

    task = asyncio.create_task(run.keep("redis", command, {}, run.mend_redis))
    await eventually(lambda: answers(server.port, PASSWORD), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [each.stat().st_size for each in (tmp_path / "redis" / "damaged").iterdir()] == [4096]


def test_the_folder_that_is_built_has_what_the_image_needs(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    made = subprocess.run(
        [ROOT / "scripts" / "addon", repository], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr

    addon = repository / "lookout"
    assert yaml.safe_load((repository / "repository.yaml").read_text())["name"]
    copied = re.findall(r"^COPY ([^-].*) \S+$", (addon / "Dockerfile").read_text(), re.MULTILINE)
    needed = {name for line in copied for name in line.split()}
    assert {"lookout", "services", "run.py", "locks/hub.txt", "mosquitto/acl"} <= needed
    assert [name for name in needed if not (addon / name).exists()] == []
    for name in ("config.yaml", "DOCS.md", "README.md", "CHANGELOG.md", "icon.png", "logo.png"):
        assert (addon / name).is_file(), name
    assert not list(addon.rglob("__pycache__"))
    again = subprocess.run(
        [ROOT / "scripts" / "addon", repository], capture_output=True, text=True, check=False
    )
    assert again.returncode != 0
    assert "is there already" in again.stderr


async def test_the_rules_for_the_mosquitto_add_on_confine_the_cameras(tmp_path: Path) -> None:
    if shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") is None:
        pytest.skip("there is no Mosquitto on this machine: apt-get install mosquitto")
    folder = tmp_path / "broker"
    users = {name: f"{PASSWORD} {name}" for name in ("addons", "homeassistant", "garden")}
    broker = Mosquitto(folder, users)
    await broker.start()
    try:
        documented = re.search(
            r"```\n( *user addons.*?)```", (FOLDER / "DOCS.md").read_text(), re.S
        )
        assert documented
        before = re.sub(r"^ +", "", documented[1], flags=re.MULTILINE)
        (folder / "acl").write_text(before + (folder / "acl").read_text())
        broker.add_user("barn", PASSWORD)  # which has the rules read again
        await _cameras_are_confined(lambda user: Broker(url=broker.url(user)))
    finally:
        await broker.stop()


async def _cameras_are_confined(settings: Callable[[str], Broker]) -> None:
    async with Session(settings("garden"), "garden") as garden:
        await garden.connected()
        await garden.publish("lookout/garden/reading", "{}")
        for topic in ("lookout/barn/reading", "homeassistant/status", "zigbee2mqtt/x"):
            with pytest.raises(Refused):
                await garden.publish(topic, "{}")
    for user in ("addons", "homeassistant"):
        async with Session(settings(user), user) as free:
            await free.connected()
            for topic in ("lookout/barn/reading", "homeassistant/status", "zigbee2mqtt/x"):
                await free.publish(topic, "{}")
