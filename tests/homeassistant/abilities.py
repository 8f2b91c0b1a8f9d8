"""Nodes of every kind, for property tests."""

from hypothesis import strategies as st

from lookout.contract.topics import NODE_PATTERN, RESERVED, WORD_PATTERN, Topics
from lookout.homeassistant.abilities import Abilities
from lookout.homeassistant.discovery import described
from lookout.homeassistant.node_entities import NodeEntities

SERVICES = ("capture", "set", "live", "light", "identify", "restart", "autofocus")
METRICS = (
    "lux",
    "temperature",
    "water_temperature",
    "water_temperature_f",
    "humidity",
    "pressure",
    "cpu_temperature",
    "wifi_signal",
    "uptime",
    "throttled",
)
words = st.from_regex(WORD_PATTERN, fullmatch=True)
nodes = st.from_regex(NODE_PATTERN, fullmatch=True).filter(lambda name: name not in RESERVED)
abilities = st.builds(
    Abilities,
    services=st.frozensets(st.sampled_from(SERVICES)),
    metrics=st.frozensets(st.sampled_from(METRICS) | words),
    reading_lasts=st.integers(3, 300_000),
    motion=st.booleans(),
    regions=st.lists(words, max_size=4, unique=True).map(tuple),
    light=st.booleans(),
    light_regions=st.lists(words, max_size=4, unique=True).map(tuple),
    lamps=st.lists(words, max_size=4, unique=True).map(tuple),
    exposure_value=st.booleans(),
    presets=st.lists(words, max_size=4, unique=True).map(tuple),
    sizes=st.lists(st.sampled_from(("640x480", "1280x960")), unique=True).map(tuple),
    people=st.booleans(),
)


def message(node: str, able: Abilities) -> bytes:
    """What such a node announces."""
    components = NodeEntities(Topics(), node).components(able)
    about = {"model": "imx708", "hw_version": None, "sw_version": "1.0"}
    return described(node, components, status=Topics().status(node), about=about)
