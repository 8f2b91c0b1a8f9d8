"""How the commands reach the hub: its URLs, connections that fail soon, errors in plain words."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer
from pydantic import ValidationError

from lookout.bus.errors import BusError
from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.contract.wire import new_id
from lookout.errors import LookoutError
from lookout.host import log
from lookout.host.settings import (
    Broker,
    HubSettings,
    Log,
    SettingsError,
    describe,
    read_secret_files,
)

if TYPE_CHECKING:
    from lookout.store.client import Client

BROKER_URL: Final = "LOOKOUT_MQTT__URL"
REDIS_URL: Final = "LOOKOUT_REDIS__URL"
DATA: Final = "LOOKOUT_DATA"
_SECTIONS: Final = {BROKER_URL: "mqtt", REDIS_URL: "redis"}
CONNECT_SECONDS: Final = 5.0
MOST_NAMED: Final = 20


class Trouble(LookoutError):
    """The command cannot do what was asked; the message tells a person why and what to do."""


@dataclass(frozen=True, slots=True)
class Bus:
    """A connection to the broker that is up, and its topics."""

    session: Session
    topics: Topics


def run(work: Coroutine[Any, Any, None], *, log_level: Any = "error") -> None:
    """Do a command's work. What goes wrong is one sentence on standard error and exit code 1."""
    log.setup(Log(level=log_level, format="console"), service="lookout")
    try:
        asyncio.run(work)
    except (Trouble, SettingsError, BusError) as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """End the command: the sentence on standard error, exit code 1."""
    sys.stdout.flush()  # what was said before it stands before it, in a pipe as well
    sys.stderr.write(f"{sentence}\n")
    raise typer.Exit(1)


def demo_file() -> Path:
    """Where a running demo says how it is reached."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) if runtime else Path.home() / ".cache"
    return folder / "lookout" / "demo.env"


def load(needed: str) -> HubSettings:
    """The settings, from the environment, else from the running demo.

    `needed` is the variable without which there is no going on. Raises Trouble or SettingsError.
    """
    read_secret_files(os.environ)
    given_urls = {name: os.environ[name] for name in _SECTIONS if os.environ.get(name)}
    demo = _demo_urls()
    another = [name for name, url in demo.items() if given_urls.get(name, url) != url]
    urls = given_urls if another else demo | given_urls
    if needed not in urls:
        raise Trouble(_not_set(needed, another))
    given: dict[str, Any] = {_SECTIONS[name]: {"url": url} for name, url in urls.items()}
    try:
        return HubSettings(**given)
    except ValidationError as error:
        raise SettingsError(describe(error, HubSettings)) from None


def _not_set(needed: str, another: list[str]) -> str:
    if another:
        return (
            f"{needed} is not set, and {another[0]} names another hub than the demo that runs: "
            f"set both to one hub, or neither."
        )
    return f"{needed} is not set and no demo runs: set it to your hub's, or start `lookout demo`."


def data_folder() -> Path:
    """Where this computer's nodes keep their things: by the environment, else the demo's."""
    return Path(os.environ.get(DATA) or _demo_says().get(DATA) or "data")


def _demo_urls() -> dict[str, str]:
    said = _demo_says()
    return {name: said[name] for name in _SECTIONS if name in said}


def _demo_says() -> dict[str, str]:
    """What the running demo says; nothing where none runs."""
    try:
        lines = demo_file().read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


@asynccontextmanager
async def broker() -> AsyncIterator[Bus]:
    """A connection to the broker. Raises Trouble when there is none within a few seconds."""
    settings = load(BROKER_URL).mqtt
    await _knock(settings)
    async with Session(settings, f"lookout-cli-{new_id()}") as session:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await session.connected()
        except TimeoutError:
            raise Trouble(_no_way_in(settings, session.trouble)) from None
        yield Bus(session, Topics(settings.root))


def _no_way_in(settings: Broker, trouble: str) -> str:
    """Why there is a port that takes connections and yet no session."""
    where = f"The broker at {settings.host}:{settings.port}"
    if trouble.startswith("it answered"):
        return (
            f"{where} answers but does not let us in: check user, password and mqtt:// or mqtts:// "
            f"in {BROKER_URL} ({trouble})."
        )
    if trouble in {"", "no answer"}:
        return (
            f"{where} takes the connection and says nothing within {CONNECT_SECONDS:g} s: it "
            "hangs, or is no MQTT broker, or wants mqtts:// instead of mqtt://."
        )
    return f"{where} cannot be used ({trouble}): check mqtt:// or mqtts:// in {BROKER_URL}."


async def _knock(settings: Broker) -> None:
    """Find out at once when nobody is there; a session would try on and on."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(settings.host, settings.port)
    except (OSError, TimeoutError) as error:
        raise Trouble(
            f"No broker answers at {settings.host}:{settings.port} ({error or 'time is up'}): "
            f"start it, or check {BROKER_URL}."
        ) from None
    writer.close()


@asynccontextmanager
async def redis() -> "AsyncIterator[Client]":
    """A Redis that answers. Raises Trouble when it does not, then or later."""
    # Here, not above: a Pi that has only the camera's packages can still call and capture.
    from lookout.store.client import opened, wait_ready
    from lookout.store.errors import StoreError
    from lookout.store.search import NotWhole

    settings = load(REDIS_URL).redis
    async with opened(settings) as client:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await wait_ready(client, settings)
        except TimeoutError:
            raise Trouble(f"No Redis answers: start it, or check {REDIS_URL}.") from None
        try:
            yield client
        except NotWhole as error:
            raise Trouble(str(error)) from None
        except StoreError as error:
            raise Trouble(f"Redis could not answer ({error}): is the hub running?") from None


async def check_nodes(client: "Client", names: Iterable[str]) -> None:
    """Raises Trouble for a name that no node ever had here: that is a slip, and no answer."""
    from lookout.store.nodes import Nodes

    known = [each["node"] for each in await Nodes(client).all()]
    for name in names:
        if name not in known:
            there = f"there are {', '.join(known[:MOST_NAMED])}" if known else "there is none yet"
            more = " and more, see `lookout nodes`" if len(known) > MOST_NAMED else ""
            raise Trouble(f"No node {name} is known here: {there}{more}.")
