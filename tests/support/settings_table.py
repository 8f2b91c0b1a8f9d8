"""Every setting of a node with its default and meaning, as docs and the example show them.

`python -m tests.support.settings_table` writes both anew.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from services.camera.settings import CameraSettings

ROOT = Path(__file__).parents[2]
PAGE, TABLE = (
    ROOT / "docs" / "camera-node.md",
    "| setting | default | meaning |\n| --- | --- | --- |\n",
)
EXAMPLE = ROOT / "deploy" / "lookout.yaml.example"
REST = "# Everything there is, with its defaults (entries of lists are examples).\n\n"


@dataclass(frozen=True)
class Setting:
    """One setting: `triggers.gpio[].pin`."""

    name: str
    default: str
    meaning: str
    value: Any = None

    @property
    def row(self) -> str:
        """Its line in the table."""
        return f"| `{self.name}` | {self.default} | {self.meaning} |"


def settings(model: type[BaseModel] = CameraSettings, before: str = "") -> Iterator[Setting]:
    """Every setting, in the order of the model; those of several kinds of one list once."""
    seen: set[str] = set()
    for name, field in model.model_fields.items():
        for setting in _field(f"{before}{name}", field):
            if setting.name not in seen:
                seen.add(setting.name)
                yield setting


def _field(name: str, field: FieldInfo) -> Iterator[Setting]:
    inner = list(_models(field.annotation))
    if not inner:
        yield Setting(name, _default(field), _meaning(field), field.default)
        return
    kinds = [each for model in inner for each in _choices(model, "kind")]
    within = f"{name}[]." if _is_list(field.annotation) else f"{name}."
    for model in inner:
        for setting in settings(model, within):
            kind = setting.name == f"{within}kind"
            yield replace(setting, meaning=", ".join(kinds)) if kind else setting


def example() -> str:
    """Every setting with its default as YAML, commented out, nested as in a file."""
    lines: list[str] = []
    open_ones: list[str] = []
    for each in settings():
        *parents, name = each.name.split(".")
        if each.name in {"node", "mqtt.url"}:
            continue  # set in the upper part
        known = 0
        while known < min(len(open_ones), len(parents)) and open_ones[known] == parents[known]:
            known += 1
        open_ones = parents[:known]
        dashed = False
        for parent in parents[known:]:
            plain = parent.removesuffix("[]")
            lines.append(f"{'  ' * len(open_ones)}{plain}:")
            open_ones.append(parent)
            dashed = parent.endswith("[]")
        depth = "  " * len(parents)
        mark = f"{depth[:-2]}- " if dashed else depth
        comment = f"  # {each.meaning}" if each.meaning else ""
        lines.append(f"{mark}{name}: {_yaml(each, name)}{comment}")
    return "".join(f"# {line}\n" for line in lines)


_EXAMPLES = {
    "kind": "ds18b20",
    "id": "28-0316a2795cff",
    "cron": '"0 12 * * *"',
    "at": "sunset",
    "name": "name",
    "pin": "17",
}


def _yaml(setting: Setting, name: str) -> str:
    value = setting.default.strip("`")
    if setting.default == "needed":
        return _EXAMPLES[name]
    if isinstance(setting.value, dict):
        return json.dumps(setting.value)
    if ", " in value:
        return f"[{value}]"
    if not value:
        return json.dumps(setting.value)  # null, "", [] or {}
    return f'"{value}"' if value in {"off", "on"} or ":" in value else value


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within an annotation such as `tuple[A | B, ...]` or `A | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from _models(get_args(annotation)[0])
    else:
        for part in get_args(annotation):
            yield from _models(part)


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_list(get_args(annotation)[0])
    if get_origin(annotation) is Union:
        return any(_is_list(part) for part in get_args(annotation))
    return get_origin(annotation) is tuple


def _choices(model: type[BaseModel], name: str) -> tuple[str, ...]:
    field = model.model_fields.get(name)
    return get_args(field.annotation) if field else ()


def _meaning(field: FieldInfo) -> str:
    if not field.description and get_origin(field.annotation) is Literal:
        return ", ".join(get_args(field.annotation))
    return (field.description or "").replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "needed"
    if value is None or value in ((), {}, ""):
        return ""
    return f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, tuple):
        return ", ".join(_plain(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, PurePath | SecretStr):
        return str(value)
    return str(value)


def write() -> None:
    """Bring the table of docs/camera-node.md and the example up to date."""
    _replace(PAGE, TABLE, "".join(f"{each.row}\n" for each in settings()), "\n## ")
    _replace(EXAMPLE, REST, example(), "\n\n")


def _replace(path: Path, mark: str, text: str, end: str) -> None:
    """Put `text` between the mark and `end`, or the end of the file."""
    before, _, after = path.read_text().partition(mark)
    _, found, rest = after.partition(end)
    path.write_text(before + mark + text + found + rest)


if __name__ == "__main__":
    write()
