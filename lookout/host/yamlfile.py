"""A YAML file of settings, with `!include FILE` and `!secret NAME` as Home Assistant has them.

A secret comes from `secrets.yaml` beside the file that names it, so that the settings can be shown
and kept under version control without it.
"""

from pathlib import Path
from typing import Any, Final

import yaml

from lookout.errors import LookoutError
from lookout.host import redaction

SECRETS: Final = "secrets.yaml"
DEEPEST: Final = 8  # files that include one another


class BadFile(LookoutError):
    """The file cannot be used; the message is for a person."""


def read(path: Path, depth: int = 0) -> Any:
    """What the file holds. Raises BadFile."""
    if depth > DEEPEST:
        raise BadFile(f"{path} is included {depth} files deep: does it include itself?")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path} is not text in UTF-8: see its byte {error.start}") from None
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from None
    try:
        loader = _Loader(text)
        loader.path, loader.depth = path, depth
        return loader.get_single_data()
    except yaml.YAMLError as error:
        raise BadFile(f"{path} is not valid YAML: {error}") from None
    except RecursionError:
        raise BadFile(f"{path} is not valid YAML: it is nested too deep") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # PyYAML does not look at what a tag promises, such as the 32nd of May.
        raise BadFile(f"{path} has a value that is none: {error}") from None


class _Loader(yaml.SafeLoader):
    """SafeLoader with two tags more; it knows which file it reads."""

    path: Path
    depth: int

    def include(self, node: yaml.ScalarNode) -> Any:
        """The content of another file, its name relative to this one's folder."""
        return read(self.path.parent / str(self.construct_scalar(node)), self.depth + 1)

    def secret(self, node: yaml.ScalarNode) -> Any:
        """A value of secrets.yaml, which is hidden by its value from now on."""
        name, file = str(self.construct_scalar(node)), self.path.parent / SECRETS
        content = read(file, self.depth + 1)
        if not isinstance(content, dict) or name not in content:
            raise BadFile(f"{self.path} wants !secret {name}: {file} has no line `{name}: ...`")
        value = content[name]
        redaction.known.learn({str(value)} | redaction.url_secrets(str(value)))
        return value


_Loader.add_constructor("!include", _Loader.include)
_Loader.add_constructor("!secret", _Loader.secret)
