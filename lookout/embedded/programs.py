"""Find the programs and files that the private servers are made of."""

import json
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from lookout.errors import LookoutError

# Debian keeps mosquitto where an ordinary user's PATH does not look; Homebrew likewise on a Mac.
_MORE_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/homebrew/bin")


class Missing(LookoutError):
    """A program is not on this machine; the message says what to type."""


def find(program: str) -> str:
    """The absolute path of a program. Raises Missing."""
    folders = os.pathsep.join([os.environ.get("PATH", os.defpath), *_MORE_FOLDERS])
    path = shutil.which(program, path=folders)
    if path is None:
        raise Missing(f"{program} is not installed. Type: {_install_line()}")
    return path


def _install_line() -> str:
    if sys.platform == "darwin":
        return "brew install mosquitto"
    return "sudo apt-get install -y --no-install-recommends mosquitto"


def access_rules() -> Path:
    """The broker's access rules: beside this file when installed, in mosquitto/ in a checkout."""
    installed = Path(__file__).with_name("acl")
    checkout = Path(__file__).parents[2] / "mosquitto" / "acl"
    return installed if installed.exists() else checkout


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, without importing it; None when it is not there."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def quoted(value: str | Path) -> str:
    """A value as a redis.conf takes it, whatever characters it has."""
    return json.dumps(str(value), ensure_ascii=False)
