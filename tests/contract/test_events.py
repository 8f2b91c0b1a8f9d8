"""The table of event types is what is fired, what is documented and what is shown."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookout.contract.events import EVENTS, KINDS, event_type

ROOT = Path(__file__).parents[2]
# Names that are put together: f"node_{status}" and f"{kind}_rejected".
MADE = {"node_online", "node_offline", "image_rejected", "reading_rejected", "message_rejected"}


def literals(call: ast.Call) -> Iterator[str]:
    """The texts that a call is given, those of `x if y else z` among them."""
    arguments = [*call.args[:3], *(each.value for each in call.keywords)]
    for argument in arguments:
        branches = (
            [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        )
        for each in branches:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value


def fired() -> dict[str, str]:
    """Every type that the code fires, and where: at `fire(...)`, or as an Outage's down and up."""
    found = {}
    for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("lookout/**/*.py")]:
        text = path.read_text()
        if "fire(" not in text and "Outage(" not in text:
            continue  # to parse all of them takes a second
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"fire", "_fire", "Outage"}:
                for name in literals(node):
                    if re.fullmatch(r"[a-z]+(_[a-z]+)+", name):
                        found[name] = str(path.relative_to(ROOT))
    return found


def test_what_is_fired_is_in_the_table() -> None:
    unknown = {name: where for name, where in fired().items() if name not in EVENTS}
    assert unknown == {}


def test_what_is_in_the_table_is_fired_somewhere() -> None:
    sources = "".join(
        path.read_text()
        for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("lookout/**/*.py")]
        if path != ROOT / "lookout/contract/events.py"
    )
    assert [name for name in EVENTS if name not in MADE and f'"{name}"' not in sources] == []


@pytest.mark.parametrize("name", EVENTS)
def test_a_type_is_documented_as_the_table_has_it(name: str) -> None:
    kind = EVENTS[name]
    sentence = kind.sentence.format(node="NODE", service="SERVICE")
    there = "yes" if kind.in_home_assistant else ""
    row = f"| `{name}` | {sentence} | {kind.who} | {there} |"
    assert row in (ROOT / "docs/topics.md").read_text()


def test_the_type_of_others_is_shown_by_its_name() -> None:
    assert event_type("gate_open").sentence.format(node="barn", service="") == "Gate open at barn"


def test_each_kind_is_of_types_that_there_are() -> None:
    assert {name for types in KINDS.values() for name in types} <= EVENTS.keys()
    assert all(KINDS.values())
