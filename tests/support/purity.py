"""Which tests are pure: they need no server, no process, no socket, no browser, camera or film.

Found out from the source alone, so that files without a pure test need not even be imported: a test
is impure when it, a fixture or a helper that it names, theirs, and so on, names something impure.
While pure tests run, `hold` lets none of them start anything after all.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parents[2]
IMPURE = (
    "aiohttp",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "asyncio.open_connection",
    "asyncio.start_server",
    "av",
    "bench",
    "docker",
    "lookout.embedded.broker",
    "lookout.embedded.child",
    "lookout.embedded.ports",
    "lookout.embedded.redis_server",
    "multiprocessing",
    "playwright",
    "services.camera.node.sleep.rest",
    "socket",
    "subprocess",
    "sys.executable",
    "testcontainers",
    "tests.camera.fake_picamera2",
    "tests.support.footage",
)
STARTS = ("os.fork", "os.posix_spawn", "subprocess.Popen")

BY_NAME = ("usefixtures", "getfixturevalue")

Definition: TypeAlias = ast.stmt
Place: TypeAlias = tuple["Source", str]


class Source:
    """A file: what it imports and defines at its top, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        tree = ast.parse(path.read_text())
        self.imports = dict(_imports(tree))
        self.definitions = dict(_definitions(tree))
        self.automatic = [
            name for name, each in self.definitions.items() if _concerns_all(name, each)
        ]

    def fixture(self, name: str) -> Place | None:
        """Where a fixture of this name is defined for this file."""
        folders = [self.path.parent, *self.path.parent.parents]
        nearby = [folder / "conftest.py" for folder in folders if folder.is_relative_to(ROOT)]
        for path in (self.path, *nearby):
            if path.exists() and name in source(path).definitions:
                return source(path), name
        return None

    def tests(self) -> set[str]:
        return {name for name in self.definitions if name.startswith("test_")}


@cache
def source(path: Path) -> Source:
    return Source(path)


@cache
def pure_tests(path: Path) -> set[str]:
    """The names of a file's functions that are pure tests."""
    file = source(path)
    return {name for name in file.tests() if not _is_impure(file, name)}


def is_pure(item: pytest.Item) -> bool:
    return getattr(item, "originalname", "") in pure_tests(item.path)


def _is_impure(file: Source, name: str) -> bool:
    """Whether what a file defines under this name leads to something impure."""
    to_see: list[Place] = [(file, each) for each in (name, *file.automatic)]
    seen: set[Place] = set()
    while to_see:
        place = to_see.pop()
        if place not in seen:
            seen.add(place)
            impure, next_ones = _leads_to(place)
            if impure:
                return True
            to_see.extend(next_ones)
    return False


@cache
def _leads_to(place: Place) -> tuple[bool, list[Place]]:
    """Whether a definition names something impure, and the definitions of ours that it names."""
    file, name = place
    definition = file.definitions[name]
    used = {each: _origin(file, each) for each in _names(definition)}
    if any(f"{whole}.".startswith(f"{each}.") for whole in used.values() for each in IMPURE):
        return True, []
    fixtures = filter(None, map(file.fixture, _fixtures(definition)))
    return False, [*fixtures, *(place for each in used.items() for place in _defined(file, *each))]


def _defined(at: Source, used: str, whole: str) -> Iterator[Place]:
    """Where something that is used is defined, in our tests."""
    first, _, rest = used.partition(".")
    if whole.startswith("tests.") and first in at.imports:
        module, _, name = whole.rpartition(".")
        inside = at.imports.get(first, whole), rest.partition(".")[0]
        for path, each in ((_path(module), name), (_path(inside[0]), inside[1])):
            if path and each in source(path).definitions:
                yield source(path), each
    elif first in at.definitions:
        yield at, first


def _path(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.exists() else None


def _origin(at: Source, used: str) -> str:
    """A dotted name as it is called where it comes from."""
    first, dot, rest = used.partition(".")
    return at.imports.get(first, first) + dot + rest


def _concerns_all(name: str, definition: Definition) -> bool:
    """Whether each test of a file has this, as a fixture or a mark."""
    decorators = getattr(definition, "decorator_list", ())
    return name == "pytestmark" or any("autouse=True" in ast.unparse(each) for each in decorators)


def _names(definition: Definition) -> Iterator[str]:
    """The names, dotted ones whole, that a definition uses, but for annotations."""
    for node in _unannotated(definition):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and (dotted := _dotted(node)):
            yield dotted
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (whole for _, whole in _imports(node))


def _fixtures(definition: Definition) -> Iterator[str]:
    """The fixtures that a definition asks for."""
    if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (each.arg for each in definition.args.args)
    for node in ast.walk(definition):
        if isinstance(node, ast.Call) and _dotted(node.func).endswith(BY_NAME):
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written; empty for what is more than that, as a call in it."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def _unannotated(node: ast.AST) -> Iterator[ast.AST]:
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field not in {"annotation", "returns"}:
                yield child
                yield from _unannotated(child)


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or whole, whole
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _definitions(tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            yield from ((each.id, node) for each in node.targets if isinstance(each, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node


def hold() -> None:
    """From now on fail whatever starts a process, in this process."""

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in STARTS:
            raise AssertionError(
                f"a pure test does {event}{arguments}: see tests/support/purity.py"
            )

    sys.addaudithook(watch)
