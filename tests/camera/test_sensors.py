"""Each sensor against its data sheet; one that fails is told once and stops nothing."""

import asyncio
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from lookout.contract.readings import parse_reading
from lookout.host.settings import Broker
from services.camera.sensors import SensorError, bme280, make_sensor
from services.camera.sensors.bh1750 import lux
from services.camera.sensors.dht import Dht
from services.camera.sensors.vitals import Vitals
from services.camera.settings import Sensors
from services.camera.settings import sensors as kinds
from tests.support.hub import Hub
from tests.support.nodes import RecordingSource, node_settings, running_node
from tests.support.waiting import eventually

Settings = Callable[[str], Broker]
ID = "28-0316a2795cff"
GOOD = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t={}\n"


def thermometer(path: Path, millidegrees: int, identifier: str = ID) -> Path:
    folder = path / identifier
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "w1_slave").write_text(GOOD.format(millidegrees))
    return path


def ds18b20(path: Path) -> Any:
    return make_sensor(kinds.Ds18b20(kind="ds18b20", id=ID, path=path))


@pytest.mark.parametrize("millidegrees", [23125, -500, 0, 84999])
def test_a_ds18b20_tells_degrees(tmp_path: Path, millidegrees: int) -> None:
    sensor = ds18b20(thermometer(tmp_path, millidegrees))
    assert sensor.read() == {"temperature": millidegrees / 1000}


def test_a_ds18b20_that_has_just_got_power_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(SensorError, match="power"):
        ds18b20(thermometer(tmp_path, 85000)).read()


def test_a_ds18b20_with_a_wrong_checksum_is_not_believed(tmp_path: Path) -> None:
    path = thermometer(tmp_path, 1)
    (path / ID / "w1_slave").write_text("ff ff : crc=c9 NO\nff ff t=-62\n")
    with pytest.raises(SensorError, match=r"4\.7 kOhm"):
        ds18b20(path).read()


def test_a_ds18b20_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SensorError, match="w1-gpio"):
        ds18b20(tmp_path / "none").read()
    with pytest.raises(SensorError, match="found: 28-00000000000a"):
        ds18b20(thermometer(tmp_path, 1, "28-00000000000a")).read()


def dht_folder(path: Path, name: str = "dht11@4") -> Path:
    path.mkdir(parents=True)
    (path / "name").write_text(f"{name}\n")
    (path / "in_temp_input").write_text("21500\n")
    (path / "in_humidityrelative_input").write_text("47100\n")
    return path


def test_a_dht_tells_degrees_and_per_cent(tmp_path: Path) -> None:
    folder = dht_folder(tmp_path / "iio:device0")
    for path in (tmp_path, folder):
        sensor = make_sensor(kinds.Dht(kind="dht22", path=path))
        assert sensor.read() == {"temperature": 21.5, "humidity": 47.1}


def test_a_dht_is_asked_again_before_it_counts_as_failed(tmp_path: Path) -> None:
    folder = dht_folder(tmp_path / "iio:device0")
    (folder / "in_humidityrelative_input").write_text("")
    with pytest.raises(SensorError, match="did not answer 3 times"):
        Dht(kinds.Dht(kind="dht11", path=folder), pause=0).read()


def test_a_dht_that_is_not_there_is_told_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(SensorError, match="dtoverlay=dht11"):
        make_sensor(kinds.Dht(kind="dht22", path=tmp_path)).read()


def test_two_dhts_have_to_be_told_apart(tmp_path: Path) -> None:
    dht_folder(tmp_path / "iio:device0")
    dht_folder(tmp_path / "iio:device1")
    with pytest.raises(SensorError, match="iio:device1"):
        make_sensor(kinds.Dht(kind="dht22", path=tmp_path)).read()


def test_bh1750_as_in_its_note() -> None:
    """The note's example: 1000 0011 and 1001 0000 are 28067 lx."""
    assert lux(0b10000011, 0b10010000) == pytest.approx(28067, abs=0.5)


# The example of Bosch's BMP280 data sheet (BST-BMP280-DS001, 3.12), whose formulas are the same.
SHEET_T = (27504, 26435, -1000)
SHEET_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
SHEET_H = (75, 362, 0, 322, 50, 30)  # of a chip; the sheet has no example for humidity


def test_bme280_temperature_and_pressure_as_in_the_data_sheet() -> None:
    fine = bme280.fine_temperature(519888, SHEET_T)
    assert fine == pytest.approx(128422, abs=1)
    assert fine / 5120 == pytest.approx(25.08, abs=0.005)
    assert bme280.pressure(415148, fine, SHEET_P) == pytest.approx(100653.27, abs=0.02)


@pytest.mark.parametrize("raw", [20000, 26000, 30281, 33000, 40000])
def test_bme280_humidity_is_the_data_sheets_integer_formula(raw: int) -> None:
    """The sheet gives the formula twice; this is its 32-bit form (section 4.2.3)."""
    h1, h2, h3, h4, h5, h6 = SHEET_H
    fine = 128422
    x = fine - 76800
    x = (((raw << 14) - (h4 << 20) - h5 * x) + 16384 >> 15) * (
        ((((((x * h6) >> 10) * (((x * h3) >> 11) + 32768)) >> 10) + 2097152) * h2 + 8192) >> 14
    )
    x -= ((((x >> 15) * (x >> 15)) >> 7) * h1) >> 4
    expected = (min(max(x, 0), 419430400) >> 12) / 1024
    assert bme280.humidity(raw, fine, SHEET_H) == pytest.approx(expected, abs=0.01)


class FakeBus:
    """An I2C bus with one BME280 on it, registers as in the sheet."""

    chip = bme280.CHIP
    busy = 2  # looks at STATUS until the measurement is done
    written: list[tuple[int, int]]

    def __init__(self, number: int) -> None:
        if number != 1:
            raise FileNotFoundError
        type(self).written = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to let go of."""

    def _check(self, address: int) -> None:
        if address != 0x76:
            raise OSError(121, "Remote I/O error")

    def read_byte_data(self, address: int, register: int) -> int:
        self._check(address)
        if register == bme280.CHIP_ID:
            return self.chip
        assert register == bme280.STATUS
        self.busy -= 1
        return bme280.MEASURING if self.busy > 0 else 0

    def read_i2c_block_data(self, address: int, register: int, length: int) -> list[int]:
        h1, h2, h3, h4, h5, h6 = SHEET_H
        first = struct.pack("<HhhHhhhhhhhhxB", *SHEET_T, *SHEET_P, h1)
        second = struct.pack("<hB", h2, h3) + bytes(
            [h4 >> 4, (h5 & 0xF) << 4 | h4 & 0xF, h5 >> 4, h6]
        )
        pressure, temperature = 415148 << 4, 519888 << 4
        data = pressure.to_bytes(3, "big") + temperature.to_bytes(3, "big") + b"\x76\x49"
        answer = {0x88: first, 0xE1: second, 0xF7: data}[register]
        assert len(answer) == length
        return list(answer)

    def write_byte_data(self, address: int, register: int, value: int) -> None:
        self.written.append((register, value))


@pytest.fixture
def i2c(monkeypatch: pytest.MonkeyPatch) -> type[FakeBus]:
    module = ModuleType("smbus2")
    module.SMBus = FakeBus  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "smbus2", module)
    return FakeBus


def bme(**where: Any) -> Any:
    return make_sensor(kinds.Bme280(kind="bme280", **where))


def test_a_bme280_is_read_over_the_bus(i2c: type[FakeBus]) -> None:
    measured = bme().read()
    assert measured["temperature"] == pytest.approx(25.08, abs=0.005)
    assert measured["pressure"] == pytest.approx(1006.53, abs=0.005)
    assert 0 < measured["humidity"] < 100
    assert i2c.written == [(0xF2, 1), (0xF4, 0x25)], "humidity first, then one measurement"


def test_a_bme280_that_is_not_there_is_told_with_the_next_step(
    i2c: type[FakeBus], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SensorError, match="i2cdetect -y 1"):
        bme(address=0x77).read()
    with pytest.raises(SensorError, match="raspi-config"):
        bme(bus=5).read()
    monkeypatch.setattr(i2c, "chip", 0x58)
    with pytest.raises(SensorError, match="no BME280"):
        bme().read()


def test_without_the_library_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(SensorError, match=r"lookout-hub\[gpio\]"):
        bme().read()


def test_vitals_are_what_the_kernel_tells(tmp_path: Path) -> None:
    proc, sysfs = tmp_path / "proc", tmp_path / "sys"
    (proc / "net").mkdir(parents=True)
    (proc / "uptime").write_text("3600.25 7000.00\n")
    (proc / "meminfo").write_text("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\n")
    wireless = "Inter-| sta\n face | tus\n wlan0: 0000   58.  -52.  -256  0 0 0 0 20 0\n"
    (proc / "net" / "wireless").write_text(wireless)
    throttled = sysfs / "devices/platform/soc/soc:firmware/get_throttled"
    throttled.parent.mkdir(parents=True)
    throttled.write_text("50005\n")
    vitals = Vitals(tmp_path / "not" / "yet", proc=proc, sysfs=sysfs).read()
    assert vitals.pop("load") >= 0
    assert 0 < vitals.pop("disk_used") < 100
    assert vitals == {
        "uptime": 3600.25,
        "memory_used": 75.0,
        "wifi_signal": -52.0,
        "throttled": 0x50005,
    }


def test_vitals_leave_out_what_is_not_told(tmp_path: Path) -> None:
    found = Vitals(tmp_path, proc=tmp_path, sysfs=tmp_path).read()
    assert found.keys() <= {"load", "disk_used", "throttled"}


@pytest.fixture
def measuring(mqtt_settings: Settings, data: Path) -> Any:
    """Runs a node that measures each second, without a picture."""

    def run(**sensors: Any) -> Any:
        values = {"interval": 1, "cpu_temperature": False, "vitals": False, **sensors}
        return running_node(
            node_settings(mqtt_settings("garden"), data, capture={"interval": 0}, sensors=values),
            RecordingSource(),
        )

    return run


async def test_a_reading_has_what_each_sensor_measured_under_its_name(
    measuring: Any, hub: Hub, tmp_path: Path
) -> None:
    water = thermometer(tmp_path / "w1", 18250)
    dht_folder(tmp_path / "iio" / "iio:device0")
    devices = [
        {"kind": "ds18b20", "id": ID, "path": water, "name": "water"},
        {"kind": "dht22", "path": tmp_path / "iio"},
    ]
    async with measuring(devices=devices, fahrenheit=True, vitals=True):
        reading = parse_reading((await hub.first("reading")).payload)
    assert reading.metrics["water_temperature"] == 18.25
    assert (reading.metrics["temperature"], reading.metrics["humidity"]) == (21.5, 47.1)
    assert (reading.metrics["water_temperature_f"], reading.metrics["temperature_f"]) == (
        64.85,
        70.7,
    )
    assert reading.metrics["uptime"] > 0


async def test_a_sensor_that_fails_is_told_once_and_told_when_it_is_back(
    measuring: Any, hub: Hub, tmp_path: Path
) -> None:
    path = thermometer(tmp_path / "w1", 85000)
    dht_folder(tmp_path / "iio" / "iio:device0")
    devices = [
        {"kind": "ds18b20", "id": ID, "path": path, "name": "water"},
        {"kind": "dht22", "path": tmp_path / "iio"},
    ]
    async with measuring(devices=devices):
        failed = await hub.until_fired("sensor_failed")
        readings = hub.session.subscribe("lookout/garden/reading")
        for _ in range(2):
            reading = parse_reading((await anext(readings)).payload)
            assert reading.metrics == {"temperature": 21.5, "humidity": 47.1}
        thermometer(tmp_path / "w1", 20000)
        back = await hub.until_fired("sensor_ok")
    assert failed.data["sensor"] == back.data["sensor"] == "water"
    assert "power" in str(failed.data["reason"])
    assert len(hub.fired("sensor_failed")) == 1


async def test_a_small_difference_is_not_sent_and_a_regular_reading_is(
    measuring: Any, hub: Hub, tmp_path: Path
) -> None:
    path = thermometer(tmp_path / "w1", 20000)
    devices = [{"kind": "ds18b20", "id": ID, "path": path}]
    readings = hub.session.subscribe("lookout/garden/reading")
    seen: list[float] = []

    async def next_one() -> float:
        return parse_reading((await anext(readings)).payload).metrics["temperature"]

    async with measuring(devices=devices, min_difference={"temperature": 1}, regular=3):
        seen.append(await next_one())
        thermometer(tmp_path / "w1", 20400)
        seen.append(await next_one())  # regular, three seconds later
        thermometer(tmp_path / "w1", 25000)
        seen.append(await next_one())
    assert seen == [20.0, 20.4, 25.0]


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        ([{"kind": "ds18b20", "id": "28"}], "28"),
        ([{"kind": "dht23"}], "dht23"),
        ([{"kind": "bme280", "address": 5}], "118 or 119"),
        ([{"kind": "dht11"}, {"kind": "bme280"}], "temperature comes from dht11 and from bme280"),
    ],
)
def test_a_wrong_sensor_is_named(devices: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sensors.model_validate({"devices": devices})


async def test_a_sensor_that_hangs_holds_up_nothing(
    measuring: Any, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.camera.sensors.probe.READ_SECONDS", 0.2)
    folder = tmp_path / "w1" / ID
    folder.mkdir(parents=True)
    os.mkfifo(folder / "w1_slave")  # reading it waits for a writer
    devices = [{"kind": "ds18b20", "id": ID, "path": tmp_path / "w1"}]
    async with measuring(devices=devices):
        event = await hub.until_fired("sensor_failed")
        assert "no answer within" in str(event.data["reason"])
        assert (await hub.call("capture")).ok
        await eventually(lambda: hub.images)
        await asyncio.to_thread((folder / "w1_slave").write_text, GOOD.format(19000))
        await hub.until_fired("sensor_ok")
