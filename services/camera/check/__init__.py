"""`python -m services.camera --check`: has this node what it needs? One file each question."""

from services.camera.check.finding import Finding
from services.camera.check.run import check, report

__all__ = ["Finding", "check", "report"]
