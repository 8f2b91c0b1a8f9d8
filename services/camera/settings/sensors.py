"""What is measured."""

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from lookout.contract.topics import Word
from lookout.host.settings import Section

I2cBus = Annotated[int, Field(ge=0, le=31, description="number of the I2C bus: 1 on the header")]


class Device(Section):
    """What every sensor has."""

    name: Word | None = Field(
        None, description="put before what it measures: `water` gives water_temperature"
    )

    @property
    def label(self) -> str:
        """What events call it."""
        return self.name or self._kind

    @property
    def metrics(self) -> tuple[str, ...]:
        """What its readings are called."""
        prefix = f"{self.name}_" if self.name else ""
        return tuple(prefix + quantity for quantity in MEASURES[self._kind])

    @property
    def _kind(self) -> str:
        return str(getattr(self, "kind"))  # noqa: B009


class Ds18b20(Device):
    """A DS18B20 on the 1-wire bus."""

    kind: Literal["ds18b20"]
    id: str = Field(pattern=r"^[0-9a-f]{2}-[0-9a-f]{12}$", description="such as 28-0316a2795cff")
    path: Path = Field(Path("/sys/bus/w1/devices"), description="where the kernel shows the bus")


class Dht(Device):
    """A DHT11 or DHT22, read by the kernel's driver."""

    kind: Literal["dht11", "dht22"]
    path: Path = Field(
        Path("/sys/bus/iio/devices"),
        description="where the kernel shows it; the device's own folder where there are several",
    )


class Bme280(Device):
    """A BME280 on I2C."""

    kind: Literal["bme280"]
    bus: I2cBus = 1
    address: Literal[0x76, 0x77] = Field(0x76, description="118 (0x76) or 119 (0x77)")


class Bh1750(Device):
    """A BH1750 on I2C."""

    kind: Literal["bh1750"]
    bus: I2cBus = 1
    address: Literal[0x23, 0x5C] = Field(0x23, description="35 (0x23) or 92 (0x5C)")


AnyDevice = Annotated[Ds18b20 | Dht | Bme280 | Bh1750, Field(discriminator="kind")]
MEASURES: Final[dict[str, tuple[str, ...]]] = {
    "ds18b20": ("temperature",),
    "dht11": ("temperature", "humidity"),
    "dht22": ("temperature", "humidity"),
    "bme280": ("temperature", "humidity", "pressure"),
    "bh1750": ("lux",),
}


class Sensors(Section):
    """What is measured, and when it is sent."""

    interval: float = Field(60.0, ge=1, le=86400, description="seconds between measurements")
    min_difference: dict[Word, Annotated[float, Field(gt=0)]] = Field(
        {},
        description="send only when one of these metrics has changed by so much; empty sends all",
    )
    regular: float = Field(
        600.0, ge=1, le=86400, description="seconds after which is sent all the same"
    )
    fahrenheit: bool = Field(
        False, description="add each temperature in degrees F too, as NAME_f; C is always sent"
    )
    cpu_temperature: bool = Field(True, description="the processor's own")
    vitals: bool = Field(True, description="load, memory, disk, throttling, Wi-Fi level, uptime")
    devices: tuple[AnyDevice, ...] = Field((), max_length=16)

    @property
    def longest_pause(self) -> float:
        """Seconds between two readings, at most."""
        return self.interval + (self.regular if self.min_difference else 0.0)

    @property
    def declared(self) -> frozenset[str]:
        """The metrics that the devices give when they work."""
        return frozenset(metric for device in self.devices for metric in device.metrics)

    @model_validator(mode="after")
    def _each_metric_once(self) -> Self:
        known: dict[str, str] = {}
        for device in self.devices:
            for metric in device.metrics:
                if metric in known:
                    raise ValueError(
                        f"{metric} comes from {known[metric]} and from {device.label}: "
                        "give one of them another name"
                    )
                known[metric] = device.label
        return self
