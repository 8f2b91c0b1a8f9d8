"""mosquitto.conf and start.sh as in the compose stack, with the Mosquitto of this machine."""

import asyncio
import getpass
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from lookout.bus.errors import Refused, TooLarge
from lookout.bus.session import Session
from lookout.embedded.broker import answers
from lookout.embedded.child import Child
from lookout.embedded.ports import free_port, until_ready
from lookout.embedded.programs import find
from lookout.host.settings import Broker

SOURCE = Path(__file__).parents[2] / "mosquitto"
SECRET = "0123456789abcdef"
ENVIRONMENT = {"LOOKOUT_MQTT_PASSWORD": SECRET + "hub", "LOOKOUT_DEMO_PASSWORD": SECRET + "demo"}


class Stack:
    """The broker's folders as in its container, under a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.log = folder / "log"
        (folder / "config").mkdir(parents=True)
        (folder / "data").mkdir()
        shutil.copy(SOURCE / "acl", folder / "config")
        self._move("start.sh")
        self._move("mosquitto.conf", f"user {getpass.getuser()}\n")

    def _move(self, name: str, more: str = "") -> None:
        text = (SOURCE / name).read_text().replace("/mosquitto/", f"{self.folder}/")
        text = text.replace("\nlistener 1883\n", f"\nlistener {self.port} 127.0.0.1\n")
        (self.folder / "config" / name).write_text(more + text)

    @property
    def passwords(self) -> Path:
        return self.folder / "data" / "passwords"

    @property
    def environment(self) -> dict[str, str]:
        """Programs of Debian lie where an ordinary user's PATH does not look."""
        folders = [os.environ["PATH"], str(Path(find("mosquitto")).parent)]
        return {"PATH": os.pathsep.join(folders), "TMPDIR": str(self.folder), **ENVIRONMENT}

    def child(self) -> Child:
        command = ["/bin/sh", str(self.folder / "config" / "start.sh")]
        return Child(command, log=self.log, environment=self.environment)

    def url(self, user: str, secret: str) -> Broker:
        return Broker(url=f"mqtt://{user}:{secret}@127.0.0.1:{self.port}")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path / "mosquitto")


@pytest.fixture
async def running(stack: Stack) -> AsyncIterator[Stack]:
    """The broker, started as the container starts it."""
    child = stack.child()
    child.start()
    await until_ready(child, lambda: answers(stack.port), "Mosquitto")
    yield stack
    await child.stop()


async def test_mosquitto_accepts_every_line(running: Stack) -> None:
    log = running.log.read_text()
    assert "Error" not in log
    assert "nknown configuration" not in log
    assert "does not have" not in log


async def test_it_tells_clients_the_largest_packet(running: Stack) -> None:
    written = re.search(r"^max_packet_size (\d+)$", (SOURCE / "mosquitto.conf").read_text(), re.M)
    assert written
    async with Session(running.url("demo", ENVIRONMENT["LOOKOUT_DEMO_PASSWORD"]), "a") as session:
        await session.connected()
        assert session.max_packet_size == int(written[1])
        await session.publish("lookout/demo/image", bytes(10_000_000))
        with pytest.raises(TooLarge):
            await session.publish("lookout/demo/image", bytes(10_500_000))


async def test_a_node_speaks_only_for_itself(running: Stack) -> None:
    async with Session(running.url("demo", ENVIRONMENT["LOOKOUT_DEMO_PASSWORD"]), "a") as session:
        await session.connected()
        await session.publish("lookout/demo/status", "online")
        for forbidden in (
            "lookout/garden/status",
            "lookout/all/command/capture",
            "lookout/hub/ingest/status",
            "lookout/demo/stored",
            *(f"lookout/demo/{kind}/deeper" for kind in ("status", "image", "event/a", "result/a")),
            "lookout/hub/reply/a/deeper",
        ):
            with pytest.raises(Refused):
                await session.publish(forbidden, "x")


async def test_nobody_comes_in_without_a_password(running: Stack) -> None:
    command = [find("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(running.port)]
    answer = subprocess.run(
        [*command, "-t", "#", "-W", "5"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 5
    assert "not authorised" in answer.stderr.lower()


def test_the_health_check_logs_in_without_a_password_among_its_arguments(running: Stack) -> None:
    compose = yaml.safe_load((SOURCE.parent / "docker-compose.yml").read_text())
    kind, line = compose["services"]["mosquitto"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert not re.search("PASSWORD|-P ", line)
    line = line.replace("$$", "$").replace("/tmp/", f"{running.folder}/")  # noqa: S108
    line = line.replace("mosquitto_sub", f"{find('mosquitto_sub')} -p {running.port}")
    answer = subprocess.run(
        ["/bin/sh", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        env=running.environment,
    )
    assert answer.returncode == 0, answer.stderr
    assert "seconds" in answer.stdout
    assert (running.folder / "health" / "mosquitto_sub").stat().st_mode & 0o077 == 0


def make_certificate(folder: Path) -> None:
    folder.mkdir()
    key, certificate = folder / "server.key", folder / "server.crt"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-keyout", key, "-out", certificate, "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here: no certificate")
async def test_the_lines_for_tls_work_once_uncommented(stack: Stack) -> None:
    make_certificate(stack.folder / "certs")
    conf, port = stack.folder / "config" / "mosquitto.conf", free_port()
    tls = r"^#(listener 8883|certfile|keyfile|tls_version|max_connections)"
    text = re.sub(tls, r"\1", conf.read_text(), flags=re.MULTILINE)
    conf.write_text(text.replace("listener 8883", f"listener {port} 127.0.0.1"))
    child = stack.child()
    child.start()
    await until_ready(child, lambda: answers(stack.port), "Mosquitto")
    url = f"mqtts://hub:{ENVIRONMENT['LOOKOUT_MQTT_PASSWORD']}@localhost:{port}"
    settings = Broker(url=url, ca_file=stack.folder / "certs" / "server.crt")
    async with asyncio.timeout(30), Session(settings, "a") as session:
        await session.connected()
        await session.publish("lookout/all/command/identify", b"")
    await child.stop()


@pytest.mark.parametrize("size", [10, 2_000])
async def test_a_broker_that_was_full_starts_again(stack: Stack, size: int) -> None:
    limit = 4_000_000
    conf = stack.folder / "config" / "mosquitto.conf"
    text = re.sub(r"^memory_limit .*", f"memory_limit {limit}", conf.read_text(), flags=re.M)
    conf.write_text(text)
    child = stack.child()
    child.start()
    await until_ready(child, lambda: answers(stack.port), "Mosquitto")
    async with Session(stack.url("hub", ENVIRONMENT["LOOKOUT_MQTT_PASSWORD"]), "a") as session:
        await session.connected()
        with suppress(TimeoutError):  # Mosquitto 2.0.21 needs more for each, and is full before
            for number in range(round(0.9 * limit / (size + 366))):  # bytes that 2.0.11 needs
                topic = f"lookout/garden/result/r{number}"
                async with asyncio.timeout(3):
                    await session.publish(topic, b"x" * size, retain=True)
    await child.stop(30)

    child.start()
    try:
        await until_ready(child, lambda: answers(stack.port), "Mosquitto")
        assert "needs more than memory_limit" in stack.log.read_text()
    finally:
        await child.stop()


async def test_nodes_added_by_hand_survive_a_restart_and_old_secrets_do_not(stack: Stack) -> None:
    stack.passwords.write_text("hub:old\ndemo:old\ngarden:kept\n")
    child = stack.child()
    child.start()
    await until_ready(child, lambda: answers(stack.port), "Mosquitto")
    await child.stop()
    users = dict(line.split(":", 1) for line in stack.passwords.read_text().splitlines())
    assert users["garden"] == "kept"
    assert users["hub"].startswith("$7$")
    assert users["demo"].startswith("$7$")
    assert stack.passwords.stat().st_mode & 0o077 == 0
    assert SECRET not in stack.passwords.read_text()


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("", "shorter than 16"),
        ("password", "shorter than 16"),
        ("0123456789abcdef@evil:1", "letters, digits"),
        ("0123456789 abcdef", "letters, digits"),
    ],
)
def test_a_weak_or_unfit_secret_is_refused_by_name(stack: Stack, secret: str, why: str) -> None:
    answer = subprocess.run(
        ["/bin/sh", stack.folder / "config" / "start.sh"],
        env=stack.environment | {"LOOKOUT_DEMO_PASSWORD": secret},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("LOOKOUT_DEMO_PASSWORD in .env")
    assert why in answer.stderr
    assert not secret or secret not in answer.stderr
