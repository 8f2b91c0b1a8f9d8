"""The demo from start to end."""

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from lookout.cli.connection import DATA
from lookout.cli.demo import servers, services, thermometer
from lookout.cli.demo.folders import connection_file, data_folder
from lookout.cli.demo.screen import Screen
from lookout.cli.demo.services import Plan
from lookout.cli.demo.status import Gallery, NoAnswer
from lookout.embedded.ports import free_port, is_free
from lookout.embedded.supervisor import Supervisor
from lookout.errors import LookoutError
from lookout.host.tasks import cancel

READY_SECONDS = 60.0  # a Pi imports slowly
STATUS_SECONDS = 1.0
MOST_SPREAD = 0.5  # seconds between the starts of two nodes, so that they do not capture as one


class NotReady(LookoutError):
    """The demo did not come up; the message tells where to look."""


async def run(plan: Plan, data: Path | None, duration: float | None, screen: Screen) -> None:
    """Run until SIGINT or SIGTERM, or for `duration` seconds once it is up.

    Raises Missing, NotStarted or NotReady.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    demo = asyncio.create_task(_whole(plan, data, duration, screen), name="demo")
    stopped = asyncio.create_task(stop.wait(), name="wait for a signal")
    await asyncio.wait({demo, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if stopped.done():
        screen.say("Stopping.")
    demo.cancel()
    stopped.cancel()
    results = await asyncio.gather(demo, stopped, return_exceptions=True)
    if isinstance(error := results[0], Exception):
        raise error


async def _whole(plan: Plan, data: Path | None, duration: float | None, screen: Screen) -> None:
    async with AsyncExitStack() as stack:
        plan = replace(plan, data=stack.enter_context(data_folder(data)), port=_port(plan, screen))
        screen.say(f"Starting {plan.nodes} nodes and the hub; logs are in {plan.data / 'logs'}")
        running = await stack.enter_async_context(servers.opened(plan.data, plan.names))
        urls = {
            servers.BROKER_URL: running.mqtt[servers.HUB],
            servers.REDIS_URL: running.redis,
            "LOOKOUT_GALLERY_URL": plan.url,
            DATA: str(plan.data),
        }
        stack.enter_context(connection_file(urls))
        supervisor = _supervise(plan, running, screen)
        stack.push_async_callback(supervisor.stop)
        stack.push_async_callback(cancel, _thermometer(plan))
        await _watch(plan, supervisor, running, duration, screen)


def _thermometer(plan: Plan) -> asyncio.Task[None]:
    return asyncio.create_task(thermometer.warm(plan.bus), name="thermometer")


def _port(plan: Plan, screen: Screen) -> int:
    if is_free(plan.port):
        return plan.port
    port = free_port()
    screen.say(f"Port {plan.port} is taken: using {port}")
    return port


def _supervise(plan: Plan, running: servers.Servers, screen: Screen) -> Supervisor:
    supervisor = Supervisor(screen.say)
    for name, child in services.hub_services(plan, running):
        supervisor.add(name, child)
    spread = min(MOST_SPREAD, plan.interval / plan.nodes)
    for number, (name, child) in enumerate(services.nodes(plan, running)):
        supervisor.add(name, child, after=number * spread)
    return supervisor


async def _watch(
    plan: Plan,
    supervisor: Supervisor,
    running: servers.Servers,
    duration: float | None,
    screen: Screen,
) -> None:
    """Keep everything running and tell how it goes, for `duration` seconds or until cancelled."""
    gallery = Gallery(plan.port)
    watching = asyncio.create_task(supervisor.watch(), name="supervisor")
    try:
        await _until_ready(plan, gallery)
        screen.headline(f"Open {plan.url}   (Ctrl-C ends the demo)")
        async with asyncio.timeout(duration):
            while True:
                screen.status(running.trouble or await _status(gallery))
                await asyncio.sleep(STATUS_SECONDS)
    except TimeoutError:
        screen.say(await _status(gallery))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _until_ready(plan: Plan, gallery: Gallery) -> None:
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not await gallery.is_ready():  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    except TimeoutError:
        log = plan.data / "logs" / "gallery.log"
        last = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
        raise NotReady("\n".join(["The gallery does not answer. Its last words:", *last])) from None


async def _status(gallery: Gallery) -> str:
    try:
        return str(await gallery.status())
    except NoAnswer as error:
        return f"The gallery does not answer: {error}"
