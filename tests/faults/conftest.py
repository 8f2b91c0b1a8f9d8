"""How runs of faults hand in their reports."""

from collections.abc import Callable

import pytest

from tests.faults.report import Report


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[Report], None]:
    """Hand in a report: shown at the end of the session, and kept as JSON."""

    def told(report: Report) -> None:
        record_property("report", report.text())
        record_property("faults", report.as_json())
        report.save()

    return told
