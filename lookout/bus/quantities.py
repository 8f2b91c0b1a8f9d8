"""How Home Assistant is told about each metric of a reading: name, unit, classes.

Units and classes that fit each other: Home Assistant's `sensor` component, const.py.
"""

from dataclasses import dataclass, replace
from typing import Final

from pydantic import JsonValue

_DIAGNOSTIC: Final = "diagnostic"


@dataclass(frozen=True, slots=True)
class Metric:
    """What is said of one metric besides its value."""

    name: str
    unit: str | None = None
    device_class: str | None = None
    state_class: str | None = "measurement"
    precision: int | None = None
    diagnostic: bool = False
    enabled: bool = True

    def component(self) -> dict[str, JsonValue]:
        """Its part of a sensor's discovery."""
        said: dict[str, JsonValue] = {
            "name": self.name,
            "unit_of_measurement": self.unit,
            "device_class": self.device_class,
            "state_class": self.state_class,
            "suggested_display_precision": self.precision,
            "entity_category": _DIAGNOSTIC if self.diagnostic else None,
            "enabled_by_default": None if self.enabled else False,
        }
        return {key: value for key, value in said.items() if value is not None}


_KNOWN: Final = {
    "lux": Metric("Illuminance", "lx", "illuminance", precision=1),
    "temperature": Metric("Temperature", "°C", "temperature", precision=1),
    "temperature_f": Metric("Temperature F", "°F", "temperature", precision=1, enabled=False),
    "humidity": Metric("Humidity", "%", "humidity", precision=0),
    "pressure": Metric("Pressure", "hPa", "atmospheric_pressure", precision=1),
    "cpu_temperature": Metric("CPU temperature", "°C", "temperature", precision=1, diagnostic=True),
    "load": Metric("Load", precision=2, diagnostic=True),
    "memory_used": Metric("Memory used", "%", precision=0, diagnostic=True),
    "disk_used": Metric("Disk used", "%", precision=0, diagnostic=True),
    "throttled": Metric("Throttled", state_class=None, diagnostic=True),
    "wifi_signal": Metric("Wi-Fi signal", "dBm", "signal_strength", diagnostic=True),
    "uptime": Metric("Uptime", "s", "duration", diagnostic=True, enabled=False),
}
_QUANTITIES: Final = ("lux", "temperature", "temperature_f", "humidity", "pressure")


def metric(name: str) -> Metric:
    """What is said of a metric; `water_temperature` is said to be a temperature."""
    if name in _KNOWN:
        return _KNOWN[name]
    text = name.replace("_", " ").capitalize()
    for quantity in _QUANTITIES:
        if name.endswith(f"_{quantity}"):
            return replace(_KNOWN[quantity], name=text)
    return Metric(text)
