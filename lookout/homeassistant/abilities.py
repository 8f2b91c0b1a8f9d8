"""What a node can do, as far as Home Assistant is concerned."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a node can do, as far as Home Assistant is concerned."""

    services: frozenset[str]
    metrics: frozenset[str] = frozenset()
    reading_lasts: int = 300  # seconds after which a reading counts as gone
    motion: bool = False
    regions: tuple[str, ...] = ()  # watched for motion, where it is not the whole picture
    light: bool = False
    light_regions: tuple[str, ...] = ()
    lamps: tuple[str, ...] = ()
    exposure_value: bool = False
    presets: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()  # such as 1280x720
    people: bool = False  # whether it counts them
