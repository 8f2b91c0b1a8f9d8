"""Every metric of a reading: its name for people, its unit, and what a sensor can have measured.

Units and classes that fit each other: Home Assistant's `sensor` component, const.py.
"""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of one metric besides its value; `low` and `high` are what is plausible."""

    name: str
    unit: str | None = None
    low: float = -1e15
    high: float = 1e15
    precision: int | None = None  # decimals that are worth showing
    device_class: str | None = None  # of Home Assistant
    state_class: str | None = "measurement"
    diagnostic: bool = False
    enabled: bool = True  # whether Home Assistant shows it without being asked


METRICS: Final = {
    "lux": Metric("Illuminance", "lx", 0, 1e6, 1, "illuminance"),
    "temperature": Metric("Temperature", "°C", -100, 200, 1, "temperature"),
    "temperature_f": Metric("Temperature F", "°F", -148, 392, 1, "temperature", enabled=False),
    "humidity": Metric("Humidity", "%", 0, 100, 0, "humidity"),
    "pressure": Metric("Pressure", "hPa", 0, 2000, 1, "atmospheric_pressure"),
    "cpu_temperature": Metric(
        "CPU temperature", "°C", -100, 200, 1, "temperature", diagnostic=True
    ),
    "load": Metric("Load", precision=2, diagnostic=True),
    "memory_used": Metric("Memory used", "%", precision=0, diagnostic=True),
    "disk_used": Metric("Disk used", "%", precision=0, diagnostic=True),
    "throttled": Metric("Throttled", state_class=None, diagnostic=True),
    "wifi_signal": Metric("Wi-Fi signal", "dBm", device_class="signal_strength", diagnostic=True),
    "uptime": Metric("Uptime", "s", device_class="duration", diagnostic=True, enabled=False),
}
_QUANTITIES: Final = ("lux", "temperature", "temperature_f", "humidity", "pressure")


def metric(name: str) -> Metric:
    """What is known of a metric; `water_temperature` is taken to be a temperature."""
    if name in METRICS:
        return METRICS[name]
    text = name.replace("_", " ").capitalize()
    for quantity in _QUANTITIES:
        if name.endswith(f"_{quantity}"):
            return replace(METRICS[quantity], name=text)
    return Metric(text)
