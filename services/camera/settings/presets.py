"""Named groups of settings that are chosen as a whole."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, ValidationError

from lookout.contract.errors import explain
from lookout.contract.topics import Word
from services.camera.settings.capture import Capture
from services.camera.settings.control import Control

STANDARD: Final = "standard"  # as configured; always there beside others
READY_MADE: Final[dict[str, dict[str, Any]]] = {"economy": {"quality": 60}, "best": {"quality": 95}}


class Preset(Control, Capture):
    """What a preset may say: all that `set` takes."""

    motion: bool = False


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    try:
        preset = Preset.model_validate(values)
    except ValidationError as error:
        raise ValueError(explain(error, Preset)) from None
    if not values:
        raise ValueError("is empty: name what it should set")
    return preset.model_dump(mode="json", exclude_unset=True)


def _not_standard(presets: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    if STANDARD in presets:
        raise ValueError(f"{STANDARD} is how the node is configured: choose another name")
    return presets


Presets = Annotated[
    dict[Word, Annotated[dict[str, Any], AfterValidator(_checked)]], AfterValidator(_not_standard)
]
