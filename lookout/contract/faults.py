"""What pydantic finds wrong, in words for people: what is allowed, and which name was meant."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

Model = type[BaseModel]

_NO_WHOLE: Final = "must be a whole number"
_NO_NUMBER: Final = "must be a number"
_NO_FLAG: Final = "must be true or false"
_NO_LIST: Final = "must be a list"
_NO_GROUP: Final = "must be a group of names and values"
_SENTENCES: Final = {  # {} is a value of the fault's context
    "missing": "is needed",
    "int_parsing": _NO_WHOLE,
    "int_type": _NO_WHOLE,
    "int_from_float": _NO_WHOLE,
    "float_parsing": _NO_NUMBER,
    "float_type": _NO_NUMBER,
    "finite_number": "must be a finite number",
    "bool_parsing": _NO_FLAG,
    "bool_type": _NO_FLAG,
    "string_type": "must be text",
    "path_type": "must be a path",
    "path_not_file": "there is no such file",
    "dict_type": _NO_GROUP,
    "model_type": _NO_GROUP,
    "model_attributes_type": _NO_GROUP,
    "list_type": _NO_LIST,
    "tuple_type": _NO_LIST,
    "literal_error": "must be {expected}",
    "union_tag_invalid": "{discriminator} must be one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is needed",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
}
_BOUNDS: Final = {
    "ge": "at least {:g}",
    "gt": "more than {:g}",
    "le": "at most {:g}",
    "lt": "less than {:g}",
}
_OUT_OF_BOUNDS: Final = ("greater_than_equal", "greater_than", "less_than_equal", "less_than")


def allowed(fault: ErrorDetails, model: Model | None = None) -> str:
    """What should be there, as in `must be from 1 to 100`; with the model it is said in full."""
    kind, context = fault["type"], fault.get("ctx") or {}
    if kind == "extra_forbidden":
        return _no_such(str(fault["loc"][-1]), names(model, fault["loc"][:-1]))
    if kind in _OUT_OF_BOUNDS:
        return _within(_bounds(field(model, fault["loc"])) or context)
    if kind in _SENTENCES:
        return _SENTENCES[kind].format_map(defaultdict(str, context))
    return fault["msg"].removeprefix("Value error, ")


def names(model: Model | None, path: Sequence[object]) -> list[str]:
    """Which names there are at a place of the model."""
    return sorted({name for each in _models_at(model, path) for name in each.model_fields})


def field(model: Model | None, path: Sequence[object]) -> FieldInfo | None:
    """The field at a place of the model, where there is one."""
    if not path:
        return None
    found = (each.model_fields.get(str(path[-1])) for each in _models_at(model, path[:-1]))
    return next((each for each in found if each is not None), None)


def _no_such(name: str, there: Sequence[str]) -> str:
    if not there:
        return "there is no such name"
    near = get_close_matches(name.lower(), there, n=1)
    meant = f"did you mean {near[0]}? There are " if near else "there are "
    return f"there is no such name; {meant}{', '.join(there)}"


def _within(bounds: Mapping[str, Any]) -> str:
    if "ge" in bounds and "le" in bounds:
        return f"must be from {bounds['ge']:g} to {bounds['le']:g}"
    said = [text.format(bounds[name]) for name, text in _BOUNDS.items() if name in bounds]
    return f"must be {' and '.join(said)}"


def _bounds(found: FieldInfo | None) -> dict[str, Any]:
    metadata = found.metadata if found else []
    return {
        name: getattr(each, name)
        for each in metadata
        for name in _BOUNDS
        if getattr(each, name, None) is not None
    }


def _models_at(model: Model | None, path: Sequence[object]) -> list[Model]:
    """The models that a place may hold. The tag of a union and an entry's number lead no deeper."""
    found = [model] if model else []
    for part in path:
        if isinstance(part, int):
            continue
        tagged = [each for each in found if _has_tag(each, part)]
        inner = [each for at in found for each in _within_field(at.model_fields.get(str(part)))]
        found = inner or tagged
    return found


def _has_tag(model: Model, tag: object) -> bool:
    annotations = (each.annotation for each in model.model_fields.values())
    return any(get_origin(each) is Literal and tag in get_args(each) for each in annotations)


def _within_field(found: FieldInfo | None) -> list[Model]:
    return list(_models(found.annotation)) if found else []


def _models(annotation: Any) -> Iterator[Model]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
