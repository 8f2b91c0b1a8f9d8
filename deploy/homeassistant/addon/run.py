"""The add-on's first process: a Redis and the hub's services, kept running until told to stop.

Home Assistant's Supervisor writes the options into /data/options.json and knows the MQTT broker.
"""

import asyncio
import json
import os
import pwd
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import quote

from lookout.embedded.mending import DamagedInTheMiddle, mend

OPTIONS: Final = Path("/data/options.json")
FOLDERS: Final = {"redis": Path("/data/redis"), "hub": Path("/data/lookout")}
RUN: Final = Path("/run/lookout")
SOCKET: Final = RUN / "redis.sock"
USER: Final = "lookout"
SUPERVISOR: Final = "http://supervisor/services/mqtt"
INGRESS: Final = "172.30.32.2"  # the Supervisor, in the network that add-ons share
PORT: Final = 8099  # `ingress_port` of config.yaml
DAY: Final = 86_400  # seconds
PAUSE: Final = 2.0  # seconds until a process that ended is started again
ASK_AGAIN: Final = 10.0  # seconds
STOP_SECONDS: Final = 15.0  # `lookout hub` gives its services 12


def say(text: str) -> None:
    """A line for the add-on's log."""
    sys.stderr.write(f"{text}\n")


def broker_url(options: Mapping[str, Any], offered: Mapping[str, Any] | None) -> str | None:
    """The broker that the options name, else the one that Home Assistant offers, if any."""
    if options.get("mqtt_url"):
        return str(options["mqtt_url"])
    if offered is None:
        return None
    scheme = "mqtts" if offered.get("ssl") else "mqtt"
    who = ":".join(
        quote(str(offered.get(part) or ""), safe="") for part in ("username", "password")
    )
    return f"{scheme}://{who}@{offered['host']}:{offered['port']}"


def settings(options: Mapping[str, Any], broker: str) -> dict[str, str]:
    """What the services are told."""
    return {
        "LOOKOUT_MQTT__URL": broker,
        "LOOKOUT_REDIS__URL": f"unix://{SOCKET}",
        "LOOKOUT_DATA": str(FOLDERS["hub"]),
        "LOOKOUT_LOG__LEVEL": options["log_level"],
        "LOOKOUT_RETENTION__IMAGE_TTL": str(options["keep_days"] * DAY),
        "LOOKOUT_GALLERY__HOST": "0.0.0.0",  # noqa: S104 - Home Assistant's own network; no port is published
        "LOOKOUT_GALLERY__PORT": str(PORT),
        "LOOKOUT_GALLERY__INGRESS": json.dumps([INGRESS]),
    }


def redis_command(options: Mapping[str, Any]) -> list[str]:
    """A Redis without a network port. The image's entry point loads search and time series."""
    told = {
        "port": "0",
        "unixsocket": str(SOCKET),
        "unixsocketperm": "700",
        "dir": str(FOLDERS["redis"]),
        "appendonly": "yes",  # a receipt means: in this file
        "save": "",
        "loglevel": "warning",
        "maxmemory": f"{options['max_memory']}mb",
        "maxmemory-policy": "volatile-ttl",  # when full, what would expire soonest goes first
    }
    arguments = [word for name, value in told.items() for word in (f"--{name}", value)]
    return ["docker-entrypoint.sh", "redis-server", *arguments]


def offered_broker(token: str) -> dict[str, Any] | None:
    """The broker that Home Assistant has, such as the Mosquitto add-on's; None when it has none."""
    request = urllib.request.Request(SUPERVISOR, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=ASK_AGAIN) as answer:  # noqa: S310
            offered: dict[str, Any] = json.load(answer)["data"]
            return offered
    except (OSError, ValueError, KeyError) as error:
        reason = error.code if isinstance(error, urllib.error.HTTPError) else error
        say(f"Home Assistant offers no MQTT broker ({reason}).")
        return None


def find_broker(options: Mapping[str, Any], token: str) -> str:
    """The broker's URL, as soon as there is one."""
    while True:
        offered = None if options.get("mqtt_url") else offered_broker(token)
        if url := broker_url(options, offered):
            return url
        say("Install and start the Mosquitto broker add-on, or set the option mqtt_url. Waiting.")
        time.sleep(ASK_AGAIN)


def become_ordinary() -> None:
    """Make the folders, and go on as a user without rights."""
    user = pwd.getpwnam(USER)
    for folder in (*FOLDERS.values(), RUN):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def mend_redis() -> None:
    """Let Redis start on what a power cut left of its file."""
    try:
        for done in mend(FOLDERS["redis"]):
            say(str(done))
    except (DamagedInTheMiddle, OSError) as error:
        say(str(error))


async def keep(
    name: str,
    command: list[str],
    environment: Mapping[str, str],
    repair: Callable[[], None] = lambda: None,
) -> None:
    """Run a program again and again, after a failure once `repair` is done, until cancelled."""
    while True:
        process = await asyncio.create_subprocess_exec(*command, env=environment, cwd="/")
        try:
            code = await process.wait()
        finally:
            await end(process)
        say(f"{name} ended with code {code}: starting it again in {PAUSE:.0f} s.")
        if code:
            await asyncio.to_thread(repair)
        await asyncio.sleep(PAUSE)


async def end(process: asyncio.subprocess.Process) -> None:
    """Ask it to end, and kill it when it takes too long."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def serve(options: Mapping[str, Any], broker: str) -> None:
    """Redis and the services, until SIGTERM; Redis ends last."""
    inherited = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    environment = {**inherited, **settings(options, broker)}
    hub = asyncio.create_task(keep("hub", [sys.executable, "-m", "lookout", "hub"], environment))
    redis = asyncio.create_task(keep("redis", redis_command(options), inherited, mend_redis))
    stopped = asyncio.create_task(told_to_stop())
    await asyncio.wait({stopped, redis, hub}, return_when=asyncio.FIRST_COMPLETED)
    for group in ([stopped, hub], [redis]):
        for task in group:
            task.cancel()
        for result in await asyncio.gather(*group, return_exceptions=True):
            if isinstance(result, Exception):  # such as a program that is not there
                raise result


async def told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def main() -> NoReturn:
    """Entry point."""
    options = json.loads(OPTIONS.read_text())
    broker = find_broker(options, os.environ.get("SUPERVISOR_TOKEN", ""))
    become_ordinary()
    asyncio.run(serve(options, broker))
    sys.exit(0)


if __name__ == "__main__":
    main()
