"""The options of `python -m services.NAME`; what is misspelt is an error, never ignored."""

import argparse
from collections.abc import Callable, Sequence

import lookout


def parse(
    service: str,
    arguments: Sequence[str] | None = None,
    *,
    more: Callable[[argparse.ArgumentParser], None] = lambda _: None,
) -> argparse.Namespace:
    """The options of a service: those that all have, and `more`. Exits 2 on a wrong one.

    `arguments` are those of this process where none are given.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{service}",
        description="Its settings are in docs/operations.md, or docs/camera-node.md for a camera.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--print-settings", action="store_true", help="show what is set, without secrets, and end"
    )
    parser.add_argument("--version", action="version", version=f"Lookout {lookout.__version__}")
    more(parser)
    return parser.parse_args(arguments)
