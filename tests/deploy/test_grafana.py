"""The dashboards: every query asks for what really is there."""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from lookout.contract.metrics import METRICS
from lookout.store.readings import OF_IMAGES
from lookout.store.series import KINDS, ROLL_UPS
from tests.deploy.test_compose import ROOT, containers

FOLDER = ROOT / "deploy" / "grafana"
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
WORDS = {"sum", "max", "min", "by", "rate", "increase", "histogram_quantile", "le", "up"}


def panels(path: Path) -> Iterator[dict[str, Any]]:
    for panel in json.loads(path.read_text())["panels"]:
        if panel["type"] != "row":
            yield panel


def targets(kind: str) -> Iterator[dict[str, Any]]:
    for path in DASHBOARDS:
        for panel in panels(path):
            if panel["datasource"]["type"] == kind:
                yield from panel["targets"]


def counted() -> Mapping[str, set[str]]:
    """The samples that the services tell of, each with its labels."""
    for path in sorted(ROOT.glob("services/*/metrics.py")):
        importlib.import_module(f"services.{path.parent.name}.metrics")
    importlib.import_module("lookout.quarantine")
    found: dict[str, set[str]] = {}
    # A metric with labels has no samples before it counts something: its own description has both.
    for metric in REGISTRY._collector_to_names:
        labels = set(getattr(metric, "_labelnames", ()))
        found |= dict.fromkeys(REGISTRY._collector_to_names[metric], labels)
    return found


@pytest.mark.parametrize("target", list(targets("prometheus")), ids=lambda each: each["expr"][:60])
def test_a_query_of_prometheus_asks_for_metrics_and_labels_that_exist(
    target: dict[str, Any],
) -> None:
    known = counted()
    expression = re.sub(r"\[\$__rate_interval\]", "", target["expr"])
    names = set(re.findall(r"[a-z_]{2,}", expression)) - WORDS
    metrics = {name for name in names if name.startswith("lookout_")}
    assert metrics <= known.keys()
    assert metrics or target["expr"] == "up"
    labels = set().union(*(known[name] for name in metrics))
    used = (names - metrics) | set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
    assert used <= labels | ({"job", "instance"} if not metrics else set())


@pytest.mark.parametrize(
    "target", list(targets("redis-datasource")), ids=lambda each: each["filter"]
)
def test_a_query_of_redis_asks_for_series_that_are_kept(target: dict[str, Any]) -> None:
    asked = dict(each.split("=") for each in target["filter"].split())
    assert (target["type"], target["command"], target["legend"]) == (
        "timeSeries",
        "ts.mrange",
        "node",
    )
    assert asked.pop("metric") in {*METRICS, *OF_IMAGES}
    kind = asked.pop("kind")
    assert kind in {"single", *KINDS}
    assert int(asked.pop("seconds", 0)) in ({0} if kind == "single" else set(ROLL_UPS))
    assert not asked


def test_every_panel_has_a_place_of_its_own_and_a_source_that_is_provisioned() -> None:
    sources = yaml.safe_load((FOLDER / "datasources" / "lookout.yaml").read_text())["datasources"]
    known = {(each["type"], each["uid"]) for each in sources}
    assert DASHBOARDS
    for path in DASHBOARDS:
        places: set[tuple[int, int]] = set()
        for panel in panels(path):
            assert (panel["datasource"]["type"], panel["datasource"]["uid"]) in known
            at = panel["gridPos"]
            own = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not own & places, panel["title"]
            assert at["x"] + at["w"] <= 24
            places |= own


def test_prometheus_reads_every_service_where_it_listens() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    (services,) = (each["dns_sd_configs"][0] for each in jobs if each["job_name"] == "services")
    listening = {
        name: port
        for name, each in containers().items()
        for key, port in each.get("environment", {}).items()
        if key.endswith("__METRICS_PORT")
    }
    assert listening == dict.fromkeys(services["names"], services["port"])
    (gallery,) = (each["static_configs"][0] for each in jobs if each["job_name"] == "gallery")
    assert gallery["targets"] == ["gallery:8080"]
    described = containers()
    for name in (*services["names"], "gallery"):
        assert "bus" in described[name]["networks"]
    assert described["prometheus"]["networks"] == ["bus"]


def test_what_grafana_and_prometheus_are_given_is_in_the_repository() -> None:
    for name in ("grafana", "prometheus"):
        for volume in containers()[name]["volumes"]:
            source = volume.partition(":")[0]
            assert not source.startswith("./") or (ROOT / source).exists()
