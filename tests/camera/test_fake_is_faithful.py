"""The fake of picamera2 has no method, and no argument, that the published library has not."""

import ast
import inspect
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import pytest

from tests.camera import fake_picamera2

VERSION = "0.3.38"
SOURCES = {
    "_Picamera2": ("picamera2/picamera2.py", "Picamera2"),
    "_Request": ("picamera2/request.py", "CompletedRequest"),
    "_Imx500": ("picamera2/devices/imx500/imx500.py", "IMX500"),
    "_SensorHdr": ("picamera2/devices/imx708/imx708.py", "IMX708"),
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The library as published; it is read, not imported: that needs libcamera."""
    folder = tmp_path_factory.mktemp("picamera2")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest"]
    fetched = subprocess.run(
        [*command, str(folder), f"picamera2=={VERSION}"], capture_output=True, check=False
    )
    if fetched.returncode:
        pytest.skip("the package index does not answer, so picamera2 cannot be compared")
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", SOURCES)
def test_every_method_of_the_fake_is_one_of_the_library(name: str, wheel: zipfile.ZipFile) -> None:
    path, owner = SOURCES[name]
    real = methods(wheel.read(path).decode(), owner)
    fake = getattr(fake_picamera2, name)
    for method, arguments in public(fake):
        assert method in real, f"picamera2 {VERSION} has no {owner}.{method}"
        assert_prefix_by_name(f"{owner}.{method}", arguments, real[method])


def public(fake: type) -> Iterator[tuple[str, list[str]]]:
    for name, member in inspect.getmembers(fake, inspect.isroutine):
        own = any(name in base.__dict__ for base in fake.__mro__[:-1])
        if own and not name.startswith("_"):
            parameters = inspect.signature(inspect.unwrap(member)).parameters
            yield name, [each for each in parameters if each not in {"self", "cls"}]


def methods(source: str, owner: str) -> dict[str, list[str] | None]:
    """Method -> names of its arguments; None where it takes any."""
    (found,) = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and node.name == owner
    ]
    return {
        node.name: None if node.args.kwarg else [each.arg for each in _arguments(node)]
        for node in found.body
        if isinstance(node, ast.FunctionDef)
    }


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.args, *node.args.kwonlyargs]


def assert_prefix_by_name(what: str, fake: list[str], real: list[str] | None) -> None:
    if real is not None:
        unknown = [name for name in fake if name not in real]
        assert not unknown, f"{what} of picamera2 {VERSION} takes {real}, not {unknown}"
