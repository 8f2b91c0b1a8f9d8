"""Requests that Schemathesis makes of the API's own description, right ones and wrong ones."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.fuzz.logs import Log
from tests.fuzz.system import SECRET, make_system

pytestmark = pytest.mark.fuzz
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
LASTING = "/api/stream"  # an answer without an end


@pytest.mark.timeout(900)
async def test_the_api_answers_whatever_its_description_allows_or_forbids(tmp_path: Path) -> None:
    system = make_system(tmp_path)
    try:
        await system.start()
        arguments = (
            *("--config-file", CONFIG, "run", f"{system.gallery}/api/openapi.json"),
            *("--header", f"Authorization: Bearer {SECRET}", "--exclude-path", LASTING),
            *("--checks", CHECKS, "--request-timeout", "30", "--max-examples", "40"),
            *("--max-time", "150", "--continue-on-failure", "--no-color"),
        )
        process = await asyncio.create_subprocess_exec(
            SCHEMATHESIS,
            *map(str, arguments),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        print(said.decode())
        assert process.returncode == 0, "see what it said"
        assert not system.dead()
        assert not list(Log(tmp_path / "logs" / "gallery.log").news())
    finally:
        await system.stop()
