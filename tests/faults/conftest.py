"""The reports of fault runs: shown at the end of the session, in JUnit's file, and as JSON."""

from collections.abc import Callable

import pytest

from tests.faults.report import Report

TEXTS = pytest.StashKey[list[str]]()


@pytest.fixture
def show(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Have a text shown at the end of the session."""

    def shown(text: str) -> None:
        request.config.stash.setdefault(TEXTS, []).append(text)

    return shown


@pytest.fixture
def tell(
    show: Callable[[str], None], record_property: Callable[[str, object], None]
) -> Callable[[Report], None]:
    """Hand in the report of a run."""

    def told(report: Report) -> None:
        show(report.text())
        record_property("faults", report.as_json())
        report.save()

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for text in terminalreporter.config.stash.get(TEXTS, []):
        terminalreporter.section("fault report")
        terminalreporter.write_line(text)
