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
    "scenery": (f"{CAMERA}synthetic.py", "scenery/"),
    "cv2": ("lookout/vision/objects/",),
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
def test_a_package_with_owners_is_imported_by_each_of_them_and_only_there(package: str) -> None:
    naming = [path for path in SOURCES if package in path.read_text()]
    importers = {str(path.relative_to(ROOT)) for path in naming if package in imported(path)}

    owners = {
        owner: {name for name in importers if name.startswith(owner)} for owner in OWNERS[package]
    }
    assert importers == set().union(*owners.values())
    assert all(owners.values()), owners


@pytest.mark.parametrize(
    ("part", "needs"),
    [
        ("amounts", {"pydantic", "pydantic_settings"}),
        ("contract", {"pydantic", "pydantic_core", "ulid"}),
    ],
)
def test_what_processes_say_to_each_other_needs_pydantic_and_no_library_that_does_anything(
    part: str, needs: set[str]
) -> None:
    found = {name for path in (ROOT / "lookout" / part).rglob("*.py") for name in imported(path)}

    assert found - sys.stdlib_module_names - {"lookout"} == needs


def test_the_page_of_the_architecture_has_each_part_of_the_library_once() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `lookout/")]
    parts = [path for path in (ROOT / "lookout").iterdir() if not path.name.startswith("_")]

    assert sorted(row for row in rows if row.count("/") == 1) == sorted(
        f"lookout/{path.name}" for path in parts
    )
