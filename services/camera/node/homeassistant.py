"""The node as a device of Home Assistant: announced when it starts and when what it has changes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lookout.bus.session import Session
from lookout.contract.topics import HUB, Topics
from lookout.homeassistant.abilities import Abilities
from lookout.homeassistant.announcer import Announcer
from lookout.homeassistant.discovery import Component, config_topic, described, device_id
from lookout.homeassistant.node_entities import NodeEntities
from lookout.host.tasks import Crew
from services.camera.capture.device import Device
from services.camera.detectors import Detectors
from services.camera.knobs import Knobs
from services.camera.node.info import NodeInfo
from services.camera.sensors import Sensors
from services.camera.settings import CameraSettings

LOOK_SECONDS = 2.0
_KEPT = "homeassistant"  # in the node's state: the components announced last, id -> platform


@dataclass(slots=True)
class HomeAssistant:
    """Builds the announcement from what the node has; what it has no more is taken out."""

    settings: CameraSettings
    session: Session
    info: NodeInfo
    device: Device
    knobs: Knobs
    detectors: Detectors
    sensors: Sensors
    _announcer: Announcer = field(init=False)
    _behind_hub: bool = False
    _had: dict[str, str] = field(default_factory=dict)  # announced by the process before

    async def run(self) -> None:
        """Announce until cancelled."""
        told = self.settings.homeassistant
        self._announcer = Announcer(
            self.session, self.settings.node, prefix=told.prefix, birth_topic=told.birth_topic
        )
        if not told.enabled:
            self._announcer.withdraw()
            await asyncio.Event().wait()
        kept = self.knobs.state.kept(_KEPT)
        self._had = {key: platform for key, platform in kept.items() if isinstance(platform, str)}
        async with Crew() as crew:
            crew.start(self._announcer.follow(), "births of Home Assistant")
            crew.start(self._follow_hub(), "hub's announcement")
            while True:
                await self._announce()
                await asyncio.sleep(LOOK_SECONDS)

    async def _follow_hub(self) -> None:
        """A device behind one that nobody announces would be shown behind one without a name."""
        topic = config_topic(self.settings.homeassistant.prefix, HUB)
        async for message in self.session.subscribe(topic):
            self._behind_hub = message.payload != b""

    def abilities(self) -> Abilities:
        """What this node can do now."""
        sensors, detectors = self.settings.sensors, self.detectors
        watched, info = self.settings.detect, self.info.describe()
        return Abilities(
            services=frozenset(info.services) - (set() if self.device.has_lens else {"autofocus"}),
            metrics=frozenset(sensors.declared | (self.sensors.measured or set())),
            reading_lasts=round(sensors.longest_pause * 3),
            motion=detectors.possible,
            regions=tuple(region.name for region in watched.motion.regions),
            light=detectors.possible and detectors.light,
            light_regions=tuple(region.name for region in watched.light.regions),
            lamps=tuple(info.lights or ()),
            exposure_value=self.device.does("exposure_value"),
            presets=self.knobs.presets.names,
            sizes=tuple(f"{width}x{height}" for width, height in self.device.sizes),
            people=self.settings.camera.network is not None,
        )

    async def _announce(self) -> None:
        info, node = self.info.describe(), self.settings.node
        topics = Topics(self.settings.mqtt.root)
        components = NodeEntities(topics, node).components(self.abilities())
        gone = self._gone(components)
        message = described(
            node,
            components,
            status=topics.status(node),
            about={
                "model": info.camera,
                "hw_version": info.model,
                "sw_version": info.version,
                "via_device": device_id(HUB) if self._behind_hub else None,
            },
            gone=gone,
            known_as=self.settings.homeassistant.known_as,
        )
        if self._announcer.announce(message):
            now = {key: each["platform"] for key, each in components.items()}
            await self._keep({**self._had, **now}, gone)

    def _gone(self, components: Mapping[str, Component]) -> dict[str, str]:
        """What the node had and has no more, id -> platform.

        Nothing before it took a picture: what that tells, light and sizes, may still come.
        """
        if not self.sensors.is_settled:
            return {}
        missing = self._had.keys() - components.keys()
        return {key: self._had[key] for key in sorted(missing)}

    async def _keep(self, announced: dict[str, Any], gone: Mapping[str, str]) -> None:
        state = self.knobs.state
        state.keep(_KEPT, {key: each for key, each in announced.items() if key not in gone})
        await state.write()
