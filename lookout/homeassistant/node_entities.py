"""What a node has in Home Assistant: from its abilities to the components of its discovery.

Values come from the node's own topics: `info` and `reading` (retained) and `event/+`.
"""

from lookout.contract.topics import Topics
from lookout.homeassistant import templates
from lookout.homeassistant.abilities import Abilities
from lookout.homeassistant.discovery import Component, title
from lookout.homeassistant.node_controls import Controls
from lookout.homeassistant.tables import EVENTS, SPOOL, sensor_of
from lookout.homeassistant.templates import field


class NodeEntities:
    """The components of one node."""

    def __init__(self, topics: Topics, node: str) -> None:
        self._topics = topics
        self._node = node

    def components(self, abilities: Abilities) -> dict[str, Component]:
        """Component id -> component, of what the node really has."""
        found = self._pictures() | self._states() | self._sensors() | self._software()
        for name in sorted(abilities.metrics):
            found[f"metric_{name}"] = self._metric(name, abilities.reading_lasts)
        found |= Controls(self._topics, self._node).components(abilities)
        if abilities.motion:
            found |= self._motion(abilities)
        if abilities.light:
            found |= self._light(abilities.light_regions)
        if abilities.people:
            found["people"] = self._people()
        return dict(sorted(found.items()))

    def _pictures(self) -> dict[str, Component]:
        preview = self._topics.preview(self._node)
        return {
            "picture": {
                "platform": "image",
                "name": "Picture",
                "image_topic": preview,
                "content_type": "image/jpeg",
            },
            "camera": {
                "platform": "camera",
                "name": "Preview",
                "topic": preview,
                "enabled_by_default": False,
            },
            "event": {
                "platform": "event",
                "name": "Event",
                "state_topic": self._topics.events_of(self._node),
                "event_types": list(EVENTS),
                "value_template": templates.event(EVENTS),
            },
        }

    def _states(self) -> dict[str, Component]:
        return {
            "connected": {
                "platform": "binary_sensor",
                "name": "Connected",
                "device_class": "connectivity",
                "entity_category": "diagnostic",
                "state_topic": self._topics.status(self._node),
                "payload_on": "online",
                "payload_off": "offline",
                "availability": [],  # it is there when the node is not, to say so
            },
            "picture_too_old": self._problem("Picture too old", "picture_too_old"),
            "camera_problem": self._problem("Camera problem", "failure"),
            "settings_pending": {
                "platform": "binary_sensor",
                "name": "Settings pending",
                "entity_category": "diagnostic",
                **self._from_info(templates.on_off(field("pending"))),
            },
        }

    def _problem(self, name: str, name_in_info: str) -> Component:
        return {
            "platform": "binary_sensor",
            "name": name,
            "device_class": "problem",
            "entity_category": "diagnostic",
            **self._from_info(templates.on_off(field(name_in_info))),
        }

    def _sensors(self) -> dict[str, Component]:
        last_capture: Component = {
            "platform": "sensor",
            "name": "Last capture",
            "device_class": "timestamp",
            **self._from_info(templates.moment("last_capture")),
        }
        spool: dict[str, Component] = {
            name: {
                "platform": "sensor",
                **component,
                "unit_of_measurement": "pictures",
                "entity_category": "diagnostic",
                **self._from_info(templates.value(name)),
            }
            for name, component in SPOOL.items()
        }
        picture_bytes: Component = {
            "platform": "sensor",
            "name": "Picture size",
            "device_class": "data_size",
            "unit_of_measurement": "kB",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "entity_category": "diagnostic",
            **self._from_info(templates.thousands("picture_bytes")),
        }
        return {"last_capture": last_capture, "picture_size": picture_bytes, **spool}

    def _software(self) -> dict[str, Component]:
        """The hub's version is what a node should have."""
        update: Component = {
            "platform": "update",
            "name": "Software",
            "device_class": "firmware",
            "entity_category": "diagnostic",
            **self._from_info(templates.value("version")),
            "latest_version_topic": self._topics.hub_info(),
            "latest_version_template": templates.value("version"),
        }
        return {"software": update}

    def _people(self) -> Component:
        return {
            "platform": "sensor",
            "name": "People",
            "state_class": "measurement",
            "icon": "mdi:account-multiple",
            "state_topic": self._topics.detection(self._node),
            "value_template": templates.value("people"),
        }

    def _metric(self, name: str, lasts: int) -> Component:
        return {
            "platform": "sensor",
            **sensor_of(name),
            "state_topic": self._topics.reading(self._node),
            "value_template": templates.value(name),
            "expire_after": lasts,
        }

    def _motion(self, abilities: Abilities) -> dict[str, Component]:
        found = {"motion": self._moving("Motion", field("moving"))}
        for region in abilities.regions:
            moves = f"'{region}' in value_json.get('moving', [])"
            found[f"motion_in_{region}"] = self._moving(f"Motion {title(region)}", moves)
        return found

    def _light(self, regions: tuple[str, ...]) -> dict[str, Component]:
        if not regions:
            return {"light": self._lighted("Light", field("lighted"))}
        return {
            f"light_in_{region}": self._lighted(
                f"Light {title(region)}", f"'{region}' in value_json.get('lighted', [])"
            )
            for region in regions
        }

    def _lighted(self, name: str, expression: str) -> Component:
        known = f"{field('lighted')} is not none"
        return {
            "platform": "binary_sensor",
            "name": name,
            "device_class": "light",
            **self._from_info(templates.on_off(expression, known=known)),
        }

    def _moving(self, name: str, expression: str) -> Component:
        return {
            "platform": "binary_sensor",
            "name": name,
            "device_class": "motion",
            **self._from_info(templates.on_off(expression, known=field("motion"))),
        }

    def _from_info(self, template: str) -> Component:
        return {"state_topic": self._topics.info(self._node), "value_template": template}
