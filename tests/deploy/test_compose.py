"""The compose file: complete, with no default password, and with the least rights."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
SECRETS = (
    "LOOKOUT_MQTT_PASSWORD",
    "LOOKOUT_REDIS_PASSWORD",
    "LOOKOUT_GALLERY_PASSWORD",
    "LOOKOUT_DEMO_PASSWORD",
)
OURS = {folder.parent.name for folder in ROOT.glob("services/*/__main__.py")}


def containers() -> dict[str, dict[str, Any]]:
    described: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return described


@cache
def compose() -> tuple[str, ...] | None:
    """The command of Docker Compose 2 or newer; None where there is none."""
    for command in (("docker", "compose"), ("docker-compose",)):
        if shutil.which(command[0]) is None:
            continue
        answer = subprocess.run(
            [*command, "version", "--short"], capture_output=True, text=True, check=False
        )
        found = re.match(r"v?(\d+)\.", answer.stdout)
        if answer.returncode == 0 and found and int(found[1]) >= 2:
            return command
    return None


def config(secrets: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`docker compose config` with these secrets and no others; skips where it cannot run."""
    if (command := compose()) is None:
        pytest.skip("Docker Compose 2 is not installed here: the file was not tried with it")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [
            *command,
            "--env-file",
            os.devnull,
            "-f",
            COMPOSE,
            "--profile",
            "demo",
            "--profile",
            "workers",
            "--profile",
            "analytics",
            "--profile",
            "observability",
            "config",
            *arguments,
        ],
        env=kept | secrets,
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_accepts_the_file() -> None:
    answer = config(dict.fromkeys(SECRETS, "x" * 16), "--services")
    assert answer.returncode == 0, answer.stderr
    assert set(answer.stdout.split()) == set(containers())


@pytest.mark.parametrize("missing", SECRETS)
def test_without_one_of_the_secrets_nothing_starts(missing: str) -> None:
    answer = config({name: "x" * 16 for name in SECRETS if name != missing}, "--quiet")
    assert answer.returncode != 0
    assert missing in answer.stderr
    assert ".env.example" in answer.stderr


def test_no_secret_has_a_default() -> None:
    uses = re.findall(r"\$\{(\w*(?:PASSWORD|TOKEN|SECRET)\w*)([^}]*)\}", COMPOSE.read_text())
    assert {name for name, _ in uses} == set(SECRETS)
    assert all(rest.startswith(":?") for _, rest in uses)


def test_the_example_names_every_variable_and_gives_no_password() -> None:
    example = (ROOT / ".env.example").read_text()
    used = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    named = set(re.findall(r"^#?(LOOKOUT_\w+)=", example, re.MULTILINE))
    assert named == used
    given = set(re.findall(r"^(LOOKOUT_\w+=.*)$", example, re.MULTILINE))
    assert given == {f"{name}=" for name in SECRETS}


@pytest.mark.parametrize("text", [".env.example", "deploy/README.md"])
def test_the_one_line_that_people_copy_makes_all_the_secrets(tmp_path: Path, text: str) -> None:
    lines = (ROOT / text).read_text().splitlines()
    line = next(line for line in lines if "umask" in line).lstrip("# ")
    subprocess.run(["sh", "-c", line], cwd=tmp_path, check=True)
    made = dict(row.split("=", 1) for row in (tmp_path / ".env").read_text().splitlines())
    assert set(made) == set(SECRETS)
    assert all(re.fullmatch(r"[0-9a-f]{32}", secret) for secret in made.values())
    assert len(set(made.values())) == len(SECRETS)
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_service_has_a_container(service: str) -> None:
    commands = [" ".join(each.get("command", [])) for each in containers().values()]
    assert f"python -m services.{service}" in commands


def test_workers_have_numbers_of_their_own_and_are_watched_by_their_names() -> None:
    found = [each for name, each in containers().items() if name.startswith("ingest")]
    numbers = [each["environment"].get("LOOKOUT_INGEST__WORKER", 1) for each in found]
    names = ["ingest" if number == 1 else f"ingest_{number}" for number in numbers]
    assert len(set(numbers)) == len(numbers) == 2
    assert [each["healthcheck"]["test"][-1] for each in found] == names


@pytest.mark.parametrize("name", sorted(containers()))
def test_every_container_is_hardened_and_watched(name: str) -> None:
    container = containers()[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["restart"] == "unless-stopped"
    assert container["logging"]["options"]["max-size"]
    assert container["healthcheck"]["test"]
    assert "stop_grace_period" in container


def test_ports_are_open_to_this_machine_only_unless_told_otherwise() -> None:
    ports = [port for each in containers().values() for port in each.get("ports", ())]
    assert len(ports) == 3
    assert all(re.match(r"\$\{LOOKOUT_\w+_BIND:-127\.0\.0\.1\}:", port) for port in ports)


def test_redis_is_out_of_reach_but_for_the_hubs_services() -> None:
    described = containers()
    assert "ports" not in described["redis"]
    reach = {name for name, each in described.items() if "store" in each["networks"]}
    assert reach == {"redis", "ingest", "ingest-2", "events", "analytics", "gallery", "grafana"}


def test_the_image_runs_as_an_ordinary_user_with_locked_packages() -> None:
    text = DOCKERFILE.read_text()
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert not text.startswith("# syntax="), "it would have to be pulled from a registry"


def test_the_image_takes_every_folder_with_code() -> None:
    copied = set(
        re.findall(r"^COPY (lookout|scenery|services) ", DOCKERFILE.read_text(), re.MULTILINE)
    )
    let_in = set((ROOT / ".dockerignore").read_text().split())
    assert copied == {"lookout", "scenery", "services"}
    assert {"*", "!lookout", "!scenery", "!services"} <= let_in
