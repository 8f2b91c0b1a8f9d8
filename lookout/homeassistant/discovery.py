"""Home Assistant's MQTT discovery: a node or the hub as one device in one retained message.

Format: home-assistant.io/integrations/mqtt, "Device discovery payload", and each platform's page.
Unique ids and the ids of components never change: they are what an owner's automations hang on.
"""

import json
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

import lookout
from lookout.contract.topics import NodeName

# Lets go of the entities of a topic without forgetting them: another topic will announce them.
MIGRATE: Final = b'{"migrate_discovery": true}'
ORIGIN: Final = {"name": "Lookout", "sw_version": lookout.__version__}

Component = dict[str, JsonValue]
Components = Mapping[str, Component]


def device_id(name: NodeName) -> str:
    """The device of a node, or of the hub."""
    return f"lookout_{name}"


def config_topic(prefix: str, name: str) -> str:
    """Where a device is announced."""
    return f"{prefix}/device/{device_id(name)}/config"


def title(name: str) -> str:
    """`front-door` as people read it."""
    return name.replace("-", " ").replace("_", " ").strip().capitalize()


def name_of_device(announcement: bytes) -> str | None:
    """The name of which the ids in a discovery message are made; None where there is none."""
    try:
        (identifier,) = json.loads(announcement)["device"]["identifiers"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(identifier).removeprefix(device_id(""))


def described(
    name: str,
    components: Components,
    *,
    status: str,
    about: Mapping[str, str | None],
    called: str | None = None,
    gone: Mapping[str, str] | None = None,
    known_as: NodeName | None = None,
) -> bytes:
    """The discovery message of a device, JSON.

    `status` is the topic of its presence; `about` further keys of the device (what is None is left
    out); `called` its name for people, else made of its own; `gone` ids and platforms of components
    that it had before and has no more; `known_as` the name of which its ids are made, where it was
    renamed since.
    """
    first = known_as or name
    device = {
        "identifiers": [device_id(first)],
        "name": called or title(name),
        "manufacturer": "Lookout",
    }
    own = {key: {**each, "unique_id": unique_id(first, key)} for key, each in components.items()}
    removed = {key: {"platform": platform} for key, platform in (gone or {}).items()}
    message = {
        "device": {**device, **{key: value for key, value in about.items() if value}},
        "origin": ORIGIN,
        "availability": [{"topic": status}],
        "components": {**removed, **own},
    }
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


def unique_id(name: str, component: str) -> str:
    """The identity of an entity, for ever."""
    return f"{device_id(name)}_{component}"
