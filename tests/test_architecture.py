"""The rules that keep the tree readable: who may import whom."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for folder in ("lookout", "scenery", "services") for path in (ROOT / folder).rglob("*.py")
]
CAMERA = "services/camera/sources/"
OWNERS = {
    "paho": ("lookout/bus/connection.py", "lookout/bus/fedclient.py"),
    "redis": ("lookout/store/",),
    "picamera2": (f"{CAMERA}pilibrary.py", f"{CAMERA}piencoder.py", f"{CAMERA}imx500.py"),
    "libcamera": (f"{CAMERA}pidriver.py", f"{CAMERA}controls.py"),
}


@cache
def imported(path: Path) -> frozenset[str]:
    """The names of the packages that a file imports, anywhere in it."""
    return frozenset(_imported(ast.parse(path.read_text())))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_import_rules_of_pyproject_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("package", OWNERS)
def test_a_package_with_an_owner_is_imported_only_there(package: str) -> None:
    importers = {str(path.relative_to(ROOT)) for path in SOURCES if package in imported(path)}

    assert {name for name in importers if not name.startswith(OWNERS[package])} == set()


def test_the_owners_of_paho_and_redis_do_import_them() -> None:
    assert "paho" in set(imported(ROOT / "lookout/bus/connection.py"))
    assert "redis" in imported(ROOT / "lookout/store/client.py")
