"""What a node measures: one file for each kind of sensor, all with the shape of `Sensor`."""

from pathlib import Path

from lookout.bus.events import EventBus
from services.camera.sensors.cpu_temperature import CpuTemperature
from services.camera.sensors.probe import Probe
from services.camera.sensors.readings import Sensors
from services.camera.sensors.sensor import Sensor, SensorError
from services.camera.sensors.vitals import Vitals
from services.camera.settings import Sensors as Settings
from services.camera.settings import sensors as kinds

__all__ = ["Probe", "Sensor", "SensorError", "Sensors", "make_probes", "make_sensor"]


def make_sensor(device: kinds.AnyDevice) -> Sensor:
    """The sensor that the settings name. Imports only what that one needs."""
    match device:
        case kinds.Ds18b20():
            from services.camera.sensors.ds18b20 import Ds18b20

            return Ds18b20(device)
        case kinds.Dht():
            from services.camera.sensors.dht import Dht

            return Dht(device)
        case kinds.Bme280():
            from services.camera.sensors.bme280 import Bme280

            return Bme280(device)
        case kinds.Bh1750():
            from services.camera.sensors.bh1750 import Bh1750

            return Bh1750(device)


def make_probes(settings: Settings, events: EventBus, disk: Path) -> tuple[Probe, ...]:
    """A probe for each sensor of the settings. `disk` is where the spool lies."""
    probes = [
        Probe(
            device.label,
            make_sensor(device),
            events,
            prefix=f"{device.name}_" if device.name else "",
        )
        for device in settings.devices
    ]
    if settings.cpu_temperature:
        probes.append(Probe("cpu_temperature", CpuTemperature(), events))
    if settings.vitals:
        probes.append(Probe("vitals", Vitals(disk), events))
    return tuple(probes)
