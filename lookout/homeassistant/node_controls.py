"""What of a node can be pressed, set and switched in Home Assistant: each calls one service."""

from pydantic import JsonValue

from lookout.contract.topics import Topics
from lookout.homeassistant import templates
from lookout.homeassistant.abilities import Abilities
from lookout.homeassistant.discovery import Component, title
from lookout.homeassistant.tables import BURST, BURST_PICTURES, BUTTONS, NUMBERS
from lookout.homeassistant.templates import field


class Controls:
    """The components by which one node is told what to do."""

    def __init__(self, topics: Topics, node: str) -> None:
        self._topics = topics
        self._node = node

    def components(self, abilities: Abilities) -> dict[str, Component]:
        """Component id -> component, of what this node obeys."""
        services, found = abilities.services, {}
        for service in BUTTONS.keys() & services:
            found[service] = self._button(service, BUTTONS[service])
        if "capture" in services:
            found["burst"] = self._button("capture", BURST, count=BURST_PICTURES)
        if "set" in services:
            found |= self._settings(abilities)
        if "live" in services:
            found["live"] = self._switch("Live view", "live", {}, "on", field("live_url"))
        return found | {f"lamp_{lamp}": self._lamp(lamp) for lamp in abilities.lamps}

    def _settings(self, abilities: Abilities) -> dict[str, Component]:
        numbers = NUMBERS.keys() - (set() if abilities.exposure_value else {"exposure_value"})
        found = {setting: self._number(setting) for setting in numbers}
        found["enabled"] = self._switch("Enabled", "set", {}, "enabled", field("enabled"))
        if abilities.motion:
            found["motion_detection"] = self._switch(
                "Motion detection", "set", {}, "motion", field("motion")
            )
        return found | self._selects(abilities)

    def _button(self, service: str, component: Component, **arguments: JsonValue) -> Component:
        return {
            "platform": "button",
            **component,
            "command_topic": self._topics.command(self._node, service),
            "command_template": templates.press(**arguments),
        }

    def _number(self, setting: str) -> Component:
        return {
            "platform": "number",
            **NUMBERS[setting],
            "entity_category": "config",
            "command_topic": self._topics.command(self._node, "set"),
            "command_template": templates.argument(setting),
            **self._from_info(templates.value(setting)),
        }

    def _selects(self, abilities: Abilities) -> dict[str, Component]:
        found: dict[str, Component] = {}
        if abilities.presets:
            found["preset"] = {
                **self._select("Preset", "preset", abilities.presets),
                **self._from_info(templates.one_of("preset", abilities.presets)),
            }
        if abilities.sizes:
            found["resolution"] = {
                **self._select("Resolution", "resolution", abilities.sizes),
                **self._from_info(templates.one_of("size", abilities.sizes, by="x")),
            }
        return found

    def _select(self, name: str, setting: str, options: tuple[str, ...]) -> Component:
        return {
            "platform": "select",
            "name": name,
            "entity_category": "config",
            "options": list(options),
            "command_topic": self._topics.command(self._node, "set"),
            "command_template": templates.text_argument(setting),
        }

    def _lamp(self, lamp: str) -> Component:
        lit = f"value_json.get('lights', {{}}).get('{lamp}')"
        switch = self._switch(title(lamp), "light", {"name": lamp}, "on", lit)
        del switch["entity_category"]  # not a setting: people switch it
        return {**switch, "icon": "mdi:lightbulb"}

    def _switch(
        self, name: str, service: str, fixed: dict[str, JsonValue], changed: str, state: str
    ) -> Component:
        """A switch that calls a service with `changed` true or false, on while `state` is true."""
        return {
            "platform": "switch",
            "name": name,
            "entity_category": "config",
            "command_topic": self._topics.command(self._node, service),
            "payload_on": templates.payload({**fixed, changed: True}),
            "payload_off": templates.payload({**fixed, changed: False}),
            "state_on": "ON",
            "state_off": "OFF",
            **self._from_info(templates.on_off(state)),
        }

    def _from_info(self, template: str) -> Component:
        return {"state_topic": self._topics.info(self._node), "value_template": template}
