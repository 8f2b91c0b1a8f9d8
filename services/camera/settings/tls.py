"""How the camera's certificate is checked: by `rtsps` and `https` alike."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, FilePath

from lookout.host.settings import Section

_DIGITS: Final = 64  # of SHA-256, in hexadecimal


def _fingerprint(value: str) -> str:
    digits = re.sub(r"^sha256:|[:\s]", "", value.strip().lower())
    if len(digits) != _DIGITS or set(digits) - set("0123456789abcdef"):
        raise ValueError(
            "must be the SHA-256 of the camera's certificate: 64 digits of 0-9 and a-f, colons "
            "between them or not"
        )
    return digits


class Tls(Section):
    """What proves that it is the camera. The certificate's own name counts as well."""

    verify: bool = Field(True, description="false believes anybody")
    ca_file: FilePath | None = Field(
        None, description="PEM file of the authority, or of the camera's own certificate"
    )
    fingerprint: Annotated[str, AfterValidator(_fingerprint)] | None = Field(
        None, description="SHA-256 of the camera's certificate: this one and no other"
    )
