"""Subcommands that are imported when they are asked for.

`lookout --help` took 0.6 s of processor with all of them, of which it showed one line each.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

# Each name, its module's attribute (a function or a Typer), and the first paragraph of its help,
# which a test compares.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "demo": (
        "demo.command:demo",
        "Run a whole system on this computer: broker, Redis, hub and cameras, until Ctrl-C.",
    ),
    "hub": (
        "hub:hub",
        "Run the hub's services, as the environment sets them, until Ctrl-C.",
    ),
    "doctor": (
        "doctor.command:doctor",
        "Look at broker, Redis, services, nodes and disk, and say what is wrong and what to do.",
    ),
    "nodes": (
        "nodes:nodes",
        "Show every node: is it there, how old is its last picture, how does it fare.",
    ),
    "images": ("images:images", "Find pictures, the newest first. Every filter must hold."),
    "keep": (
        "keep:keep",
        "Keep pictures for good, within the hub's quota. `lookout images --kept` lists them.",
    ),
    "capture": (
        "capture:capture",
        "Let a node take pictures now, and print their ids once the hub has stored them.",
    ),
    "call": (
        "call:call",
        "Call a service of a node and show its answer. With NODE `all`: of every node.",
    ),
    "watch": (
        "watch:watch",
        "Show events, statuses, results and receipts as they come, until Ctrl-C.",
    ),
    "spool": (
        "spool:spool",
        "Show the captures that wait in this computer's spools, or remove them.",
    ),
    "storage": (
        "storage:storage",
        "Show the memory in use, each node's part of it, and its rules. Nothing is removed.",
    ),
    "tune": (
        "tune:tune",
        "Show what each limit of a detector would have caught in stored pictures.",
    ),
    "detect": (
        "detect:detect",
        "Look for people and things in pictures with a model, or compare two.",
    ),
    "camera": ("camera:app", "On a Pi: this computer's camera node."),
    "node": ("node:app", "On the hub: one node."),
    "models": ("models:app", "Models that find people and things in pictures."),
    "refused": ("refused:app", "What the hub refused: look at it, save it, put it back."),
}


def loaded(name: str) -> Any:
    """The command itself."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(f"lookout.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


class LazyCommand(TyperCommand):
    """A line in the list of commands, and the command itself when it is run."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """That of the command, which takes over."""
        return loaded(str(self.name)).make_context(info_name, args, parent, **extra)


class LazyGroup(TyperGroup):
    """The commands of the table."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """One of them; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        return LazyCommand(cmd_name, help=COMMANDS[cmd_name][1])
