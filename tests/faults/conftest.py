"""The reports of fault runs: shown at the end of the session, in JUnit's file, and as JSON."""

from collections.abc import Callable

import pytest

from tests.faults.report import Report

REPORTS = pytest.StashKey[list[Report]]()


@pytest.fixture
def tell(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Callable[[Report], None]:
    """Hand in a report."""

    def told(report: Report) -> None:
        request.config.stash.setdefault(REPORTS, []).append(report)
        record_property("faults", report.as_json())
        report.save()

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.config.stash.get(REPORTS, []):
        terminalreporter.section("fault report")
        terminalreporter.write_line(report.text())
