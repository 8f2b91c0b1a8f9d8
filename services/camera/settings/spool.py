"""Where captures wait."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from lookout.host.settings import Section


class Spool(Section):
    """The folder that holds each capture until the hub says it is stored."""

    path: Path | None = Field(None, description="default: DATA/spool/NODE")
    max_bytes: int = Field(
        1 << 30, ge=1 << 20, description="captures go when it is fuller, by policy"
    )
    max_files: int = Field(20_000, ge=10, description="the same by number")
    policy: Literal["oldest", "newest", "thin"] = Field(
        "oldest", description="what goes when it is full; thin: every second one"
    )
    write_after: float = Field(
        0.0,
        ge=0,
        le=3600,
        description="seconds that a capture may wait for its receipt in memory and spare the SD "
        "card; a power cut costs so much. 0 writes at once",
    )
    drain_rate: int = Field(
        2_000_000, ge=10_000, description="bytes a second for old captures; new ones go first"
    )
    longest: float = Field(
        3_600.0,
        ge=60,
        description="seconds that one capture may take to be sent; it is made smaller for that",
    )
    resend_after: float = Field(
        15.0, ge=1, le=3600, description="seconds without a receipt until a capture is sent again"
    )
