"""The demo's services and nodes: what each is told by its environment."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lookout.cli.demo.servers import BROKER_URL, HUB, REDIS_URL, Servers
from lookout.cli.demo.thermometer import NUMBER
from lookout.embedded import hub
from lookout.embedded.child import Child

NODE_NAMES = ("garden", "barn", "gate")
SPOOL_BYTES = 100_000_000
RESOLUTION = "1280x720"
SENSOR_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What the person asked for; `interval` in seconds, `source` a film, a folder or None."""

    nodes: int
    interval: float
    source: Path | None
    port: int
    data: Path

    @property
    def names(self) -> list[str]:
        """The names of the nodes: garden, barn, gate, node-4, ..."""
        more = (f"node-{number}" for number in range(len(NODE_NAMES) + 1, self.nodes + 1))
        return [*NODE_NAMES[: self.nodes], *more]

    @property
    def bus(self) -> Path:
        """Where the first node's thermometer seems to hang."""
        return self.data / "w1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def hub_services(plan: Plan, servers: Servers) -> Iterator[tuple[str, Child]]:
    """The hub's services by name, not started yet."""
    settings = {
        BROKER_URL: servers.mqtt[HUB],
        REDIS_URL: servers.redis,
        "LOOKOUT_GALLERY__HOST": "127.0.0.1",
        "LOOKOUT_GALLERY__PORT": str(plan.port),
    }
    for name in hub.services():
        yield name, _process(plan, name, name, settings)


def nodes(plan: Plan, servers: Servers) -> Iterator[tuple[str, Child]]:
    """The camera nodes by name, not started yet."""
    # Not the lookout.yaml of a Pi on which somebody tries the demo.
    configuration = plan.data / "camera.yaml"
    configuration.write_text("{}\n")
    for seed, name in enumerate(plan.names):
        settings = {
            BROKER_URL: servers.mqtt[name],
            "LOOKOUT_CONFIG": str(configuration),
            "LOOKOUT_NODE": name,
            "LOOKOUT_CAMERA__RESOLUTION": RESOLUTION,
            "LOOKOUT_CAMERA__SEED": str(seed),
            "LOOKOUT_CAPTURE__INTERVAL": str(plan.interval),
            "LOOKOUT_SENSORS__INTERVAL": str(SENSOR_SECONDS),
            "LOOKOUT_SPOOL__MAX_BYTES": str(SPOOL_BYTES),
            "LOOKOUT_LIVE__ENABLED": "true",  # it costs nothing while nobody watches
            "LOOKOUT_LIVE__PORT": "0",  # any free one: each has its own
            **_source(plan.source),
            **(_shown(plan) if seed == 0 else {}),
        }
        yield name, _process(plan, "camera", name, settings)


def _shown(plan: Plan) -> dict[str, str]:
    """What the first node has besides: motion, a sensor, a lamp, a preset."""
    thermometer = {"kind": "ds18b20", "name": "greenhouse", "id": NUMBER, "path": str(plan.bus)}
    presets = {
        "night": {"interval": 30, "motion": True},
        "party": {"interval": 1, "quality": 70, "overlay": "%H:%M:%S"},
    }
    return {
        "LOOKOUT_DETECT__MOTION__ENABLED": "true",
        "LOOKOUT_DETECT__MOTION__PICTURES__BEFORE": "1",
        "LOOKOUT_DETECT__MOTION__PICTURES__AFTER": "1",
        "LOOKOUT_SENSORS__DEVICES": json.dumps([thermometer]),
        "LOOKOUT_LIGHTS": json.dumps([{"name": "lantern", "pin": None, "when": "dark"}]),
        "LOOKOUT_PRESETS": json.dumps(presets),
    }


def _source(path: Path | None) -> dict[str, str]:
    if path is None:
        return {"LOOKOUT_CAMERA__SOURCE": "synthetic"}
    kind = "folder" if path.is_dir() else "video"
    return {"LOOKOUT_CAMERA__SOURCE": kind, "LOOKOUT_CAMERA__PATH": str(path.resolve())}


def _process(plan: Plan, service: str, name: str, settings: Mapping[str, str]) -> Child:
    environment = {**_inherited(), "LOOKOUT_DATA": str(plan.data), **settings}
    log = plan.data / "logs" / f"{name}.log"
    return hub.process(service, environment, log=log, folder=plan.data)


def _inherited() -> dict[str, str]:
    """Our environment; of Lookout's settings only how to log and to reach a broker it names."""
    kept = ["LOOKOUT_LOG__"]
    if os.environ.get(BROKER_URL):
        kept.append("LOOKOUT_MQTT__")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LOOKOUT_") or name.startswith(tuple(kept))
    }
