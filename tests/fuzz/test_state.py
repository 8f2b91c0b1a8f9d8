"""State that stays: what the broker kept, what lies on a node's disk, what settings say."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from lookout.contract.plain import is_text
from lookout.host.settings import Settings, SettingsError, load, show
from services.camera.settings import CameraSettings
from services.camera.settings.several import choose
from services.events.settings import EventsSettings
from services.gallery.settings import GallerySettings
from services.ingest.settings import IngestSettings
from tests.fuzz import mqtt
from tests.fuzz.cases import Message, deep
from tests.fuzz.cases_bus import messages
from tests.fuzz.good import Good, NotDone, sending
from tests.fuzz.logs import Log
from tests.fuzz.system import ROOT, System, make_system
from tests.support.services import clean_environment

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(300)]
NODE = "garden"


@pytest.fixture(autouse=True)
def nothing_left_behind() -> None:
    """Not asked after each test: a camera is started anew in some, and ends with its hub."""


# -- what the broker kept ----------------------------------------------------------------------


async def test_no_service_starts_badly_by_what_the_broker_kept(tmp_path: Path) -> None:
    system = make_system(tmp_path)
    await system.broker.start()
    await leave_everything(system)
    await system.broker.stop()  # it keeps what is retained
    try:
        await system.start()
        async with sending(system) as good:
            await works(good)
            for name in ("ingest", "events", "gallery", "open"):  # and once more, with all of it
                await system.services[name].stop()
                system.services[name].start()
            system.note_pids()
            await system.well()
            await works(good)
    finally:
        await system.stop()


async def leave_everything(system: System) -> None:
    """Each known message as a retained one, of a node of its own."""
    publisher = await mqtt.connected(system.broker.url("hub"), "who leaves things")
    for number, case in enumerate(messages()):
        await publisher.send(replace(case.packet, topic=own_topic(number, case), retain=True))
    await publisher.settled()
    await publisher.close()


def own_topic(number: int, case: Message) -> bytes:
    return case.packet.topic.replace(b"/esp32/", b"/site-%d/" % number)


async def works(good: Good) -> None:
    traces = {name: Log(child.log) for name, child in good.system.services.items()}
    try:
        await good.everything()
        await good.healthy()
    except NotDone as error:
        told = {name: [str(each) for each in log.news()[-2:]] for name, log in traces.items()}
        pytest.fail(f"{error}: {told}")
    assert not good.system.dead()


# -- what lies on a node's disk ----------------------------------------------------------------

JSONS = {
    "empty": b"", "cut": b'{"last_id": 17', "noise": b"\xff\xfe\x00", "a list": b"[]", "a number": b"5",
    "null": b"null", "deep": deep().encode(), "deep inside": b'{"capture":%b}' % deep().encode(),
    "a huge id": b'{"last_id":%b}' % (b"9" * 400), "an id of 9,000 digits": b'{"last_id":%b}' % (b"9" * 9000),
    "an endless id": b'{"last_id":1e999}', "a negative id": b'{"last_id":-5}', "an id that is true": b'{"last_id":true}',
    "capture is a number": b'{"capture":5}', "capture is a list": b'{"capture":[1]}',
    "capture is odd": b'{"capture":{"interval":"\\ud800","quality":NaN,"x":1}}',
    "each part is odd": b'{"live":"x","motion":7,"camera":[1],"control":"x","preset":{},"tuning":5}',
    "odd names": b'{"\\ud800":1,"":{}}',
    "a list of numbers": b"[1,null,[]]",
    "an odd result": b'[{"ok":true,"service":"\\ud800","node":"x"}]',
    "a result without an id": b'[{"ok":true,"service":"capture","node":"garden"}]',
}  # fmt: skip
SPOOLED = {
    "empty": b"", "a line": b"\n", "no picture": b"{}\n", "null": b"null\n\xff\xd8", "a list": b"[1]\n\xff\xd8",
    "a number": b"5\n\xff\xd8", "noise": bytes(range(256)) * 10, "deep": deep().encode() + b"\n\xff\xd8",
    "a lone surrogate": b'{"id":"\\ud800"}\n\xff\xd8', "numbers for texts": b'{"id":5,"meta":[1]}\n\xff\xd8',
    "deep meta": b'{"meta":"{\\"a\\":%b}"}\n\xff\xd8' % deep().encode(),
    "a long line": b'{"id":"' + b"x" * 100_000 + b'"}\n', "another node's": b'{"id":"barn:1"}\n\xff\xd8\xff\xd9',
}  # fmt: skip


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A hub whose camera `garden` is stopped, damaged and started."""
    with asyncio.Runner() as runner:
        system = make_system(tmp_path_factory.mktemp("hub"))
        try:
            runner.run(system.start())
            yield system
        finally:
            runner.run(system.stop())


@pytest.fixture
async def good(system: System) -> AsyncIterator[Good]:
    """Somebody who asks the camera whether it lives."""
    async with sending(system) as sender:
        yield sender


@pytest.mark.parametrize("name", JSONS)
@pytest.mark.parametrize("file", ["state.json", "commands.json"])
async def test_a_node_starts_with_a_damaged_file(
    system: System, good: Good, file: str, name: str
) -> None:
    await damaged_and_started(system, good, {file: JSONS[name]})


async def test_a_node_starts_with_a_damaged_spool(system: System, good: Good) -> None:
    files = {f"{number:015d}.capture": data for number, data in enumerate(SPOOLED.values(), 1)}
    odd = ("9" * 30, "9" * 200, "\u0663", "0", "-5", "x")  # numbers of a kind, as names
    files |= {f"{stem}.capture": SPOOLED["noise"] for stem in odd}
    await damaged_and_started(system, good, files)


async def test_a_node_starts_with_folders_where_files_should_be(system: System, good: Good) -> None:
    folder = system.folder / "data" / "spool" / NODE
    names = ("000000000000077.capture", "state.tmp", "commands.tmp", "x.writing")
    await system.services[NODE].stop()
    for name in names:
        (folder / name).mkdir()
    (folder / "000000000000078.capture").symlink_to(folder / "nothing")
    try:
        await started(system, good)
    finally:
        for name in names:
            if (folder / name).is_dir():
                (folder / name).rmdir()


async def damaged_and_started(system: System, good: Good, files: dict[str, bytes]) -> None:
    await system.services[NODE].stop()
    folder = system.folder / "data" / "spool" / NODE
    for name, data in files.items():
        (folder / name).write_bytes(data)
    await started(system, good)


async def started(system: System, good: Good) -> None:
    """The camera answers, and takes pictures that are stored."""
    log = Log(system.services[NODE].log)
    log.news()
    system.services[NODE].start()
    before = await newest(good)
    try:
        async with asyncio.timeout(30):
            while await newest(good) <= before:
                assert system.services[NODE].running
                await asyncio.sleep(0.1)
        await good.command(NODE)
    except (NotDone, TimeoutError, AssertionError) as error:
        traces = [str(trace) for trace in log.news()]
        if not system.services[NODE].running:  # for the next test
            for path in (system.folder / "data" / "spool" / NODE).glob("*.*"):
                path.unlink()
            system.services[NODE].start()
        pytest.fail(f"{error!r} {traces}")
    assert not log.news()


async def newest(good: Good) -> int:
    """Milliseconds of the camera's newest picture at the hub."""
    name = await good.client.hget(f"node:{NODE}", "last_image") or b"garden:0"
    return int(name.rpartition(b":")[2])


# -- what settings say -------------------------------------------------------------------------

VALUES = ("", " ", "x", "-1", "99999999999", "nan", "[", "{", "null", "[[[]]]", "http://[", "mqtt://[",
          "mqtt://h:99999", "redis://h:99999", "redis://[", "mqtt://%zz@h", "\udcff", "\u2028", "a\tb",
          "[" * 3000, "9" * 5000, '{"a":1e999}', "/nowhere/at/all")  # fmt: skip
VARIABLES = {
    "ingest": ("MQTT__URL", "MQTT__ROOT", "MQTT", "REDIS__URL", "REDIS__REPLICAS", "RETENTION__IMAGE_TTL",
               "RETENTION__NODE_TTL", "RETENTION__THIN", "INGEST", "LOG__LEVEL", "DATA", "MQTT__URL_FILE"),
    "events": ("EVENTS", "EVENTS__TTL", "HOMEASSISTANT__URL", "HOMEASSISTANT__PREFIX", "EVENTS__METRICS_PORT"),
    "gallery": ("GALLERY__PORT", "GALLERY__HOST", "GALLERY__TRUSTED_PROXIES", "GALLERY__PREFIX",
                "GALLERY__PASSWORD", "GALLERY__PASSWORD_FILE", "GALLERY__INGRESS"),
    "camera": ("NODE", "CAMERA__SOURCE", "CAMERA__RESOLUTION", "CAPTURE__INTERVAL", "TRIGGERS__CRON",
               "TRIGGERS__TIMEZONE", "LIGHTS", "PRESETS", "SPOOL__PATH", "SENSORS", "DETECT", "CONFIG"),
}  # fmt: skip
YAMLS = (
    b"\xff\xfe\x00", b"\x00", b"a: b: c", b"[1, 2]", b"[" * 3000, b"a: " + b"{a: " * 3000, b"&a [*a]",
    b"a: &a {b: *a}", b"node: !!python/object:os.system x", b"node: [x]", b"? {}", b"? [a]\n: b",
    b"node: 2026-01-01", b"\t\tnode: x", b"node: garden\ncapture: 5", b"node: garden\ncapture: {interval: .nan}",
    b"node: garden\ncapture: {interval: .inf}", b"nodes: 5", b"nodes: [5]", b"nodes: [{}]", b"nodes: {}",
    b"nodes: [{node: [1]}]", b"nodes: [{node: {}}]", b"nodes: [{node: a}, {node: a}]", b"nodes: [{node: 1e999}]",
    b"1: 2", b"null: null", b"node: garden\n1: 2", b"node: garden\npresets: {1: 2}", b"node: garden\nlights: [5]",
    b"node: garden\npresets: {day: {exposure: \"\\ud800\"}}", b"node: \"\\ud800\"", b"node: " + b"9" * 5000,
    b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nnode: *c", b"node: garden\ntriggers: {timezone: ../../etc/passwd}",
    b"node: garden\ntriggers: {cron: [{cron: 'x y z'}]}", b"node: garden\ndetect: {motion: {regions: [[1]]}}", b"%YAML 9",
    b"node: garden\ncamera: {resolution: 99999999999x1}", b"- - - -", b"--- a\n--- b", b"", b"!!binary x",
    b"node: 0x_", b"node: 2026-99-99 99:99:99", b"node: !!int x", b"node: !!timestamp x", b"node: !!float x",
)  # fmt: skip


SETTINGS: dict[str, type[Settings]] = {
    "ingest": IngestSettings, "events": EventsSettings, "gallery": GallerySettings, "camera": CameraSettings,
}  # fmt: skip


@pytest.mark.parametrize("service", VARIABLES)
def test_settings_that_are_nonsense_are_refused_by_name(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    wrong = []
    for name in VARIABLES[service]:
        for value in (*VALUES, str(binary), str(tmp_path)):
            with monkeypatch.context() as patch:
                patch.setenv("LOOKOUT_NODE", NODE)
                patch.setenv(f"LOOKOUT_{name}", value)
                wrong += complaints(lambda: show(load(SETTINGS[service])), f"{name}={value[:40]!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("content", YAMLS, ids=range(len(YAMLS)))
def test_a_file_of_settings_that_is_nonsense_is_refused_by_name(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "lookout.yaml"
    path.write_bytes(content)
    one = partial(choose, name=None)
    wrong = complaints(
        lambda: show(load(CameraSettings, config=path, choose=one)), repr(content[:60])
    )
    assert not wrong


def complaints(attempt: Callable[[], object], what: str) -> list[str]:
    """What it raises, where that is no sentence for a person."""
    try:
        attempt()
    except SettingsError as error:
        told = str(error)
        return [] if told and is_text(told) else [f"{what}: told as {told!r}"]
    except Exception as error:
        return [f"{what}: {type(error).__name__}: {str(error)[:100]}"]
    return []


@pytest.mark.parametrize("service", ["ingest", "events", "gallery", "camera"])
def test_a_process_with_nonsense_for_settings_ends_with_a_sentence(service: str) -> None:
    environment = clean_environment() | {"LOOKOUT_MQTT__URL": "mqtt://[", "LOOKOUT_NODE": NODE}
    command = [sys.executable, "-m", f"services.{service}"]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "LOOKOUT_MQTT__URL" in done.stderr
    assert "Traceback" not in done.stderr
