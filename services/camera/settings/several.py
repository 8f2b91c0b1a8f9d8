"""Several nodes on one Pi: a `nodes:` list in one lookout.yaml, one process for each entry."""

from collections import Counter
from pathlib import Path
from typing import Any

from lookout.host.settings import SettingsError

Tree = dict[str, Any]
LIST = "nodes"


def choose(content: Tree, name: str | None) -> Tree:
    """The settings of one node out of a file's content.

    What stands at the top holds for every node; an entry of `nodes` overrides it. Raises
    SettingsError when it is not clear which one is meant, or when two would be in each other's way.
    """
    if LIST not in content:
        return _only(content, name)
    shared = {key: value for key, value in content.items() if key != LIST}
    entries = [_with_own_spool(shared, merged(shared, each)) for each in _entries(content[LIST])]
    _check(entries)
    known = {entry["node"]: entry for entry in entries}
    if name is None and len(known) == 1:
        return entries[0]
    if name not in known:
        asked = f"--node {name}: there is no such node" if name else "--node is needed"
        raise SettingsError(f"{asked}. This file has: {', '.join(known)}.")
    return known[name]


def merged(shared: Tree, own: Tree) -> Tree:
    """`own` over `shared`, section by section."""
    result = {**shared, **own}
    for key, value in shared.items():
        if isinstance(value, dict) and isinstance(own.get(key), dict):
            result[key] = merged(value, own[key])
    return result


def _with_own_spool(shared: Tree, entry: Tree) -> Tree:
    """A spool.path at the top is where each has a folder of its own: two cannot share one."""
    top, spool = shared.get("spool"), entry.get("spool")
    if not isinstance(top, dict) or not isinstance(spool, dict) or not top.get("path"):
        return entry
    if spool.get("path") != top["path"]:
        return entry
    return {**entry, "spool": {**spool, "path": str(Path(str(top["path"])) / entry["node"])}}


def _only(content: Tree, name: str | None) -> Tree:
    written = content.get("node")
    if name is not None and written is not None and str(written) != name:
        raise SettingsError(f"--node {name}: this file is for the node {written}.")
    return content if name is None else {**content, "node": name}


def _entries(listed: object) -> list[Tree]:
    """The entries, each with a name. Raises SettingsError."""
    if not isinstance(listed, list) or not listed:
        raise SettingsError("nodes: must be a list with an entry `- node: NAME` for each camera.")
    for number, entry in enumerate(listed, start=1):
        if not isinstance(entry, dict) or "node" not in entry:
            raise SettingsError(f"nodes: entry {number} has no `node: NAME`.")
    return [{**entry, "node": str(entry["node"])} for entry in listed]


def _check(entries: list[Tree]) -> None:
    """Raises SettingsError where two nodes want the same."""
    _refuse_twice([entry["node"] for entry in entries], "node = {}: two entries have this name.")
    spools = [str(path) for entry in entries if (path := _spool_path(entry))]
    _refuse_twice(spools, "spool.path = {}: two nodes have it. Give each a folder of its own.")
    ports = [port for entry in entries if (port := _live_port(entry))]
    _refuse_twice(
        ports, "live.port = {}: two nodes have a live view there. Give each a port of its own."
    )


def _spool_path(entry: Tree) -> object:
    spool = entry.get("spool")
    return spool.get("path") if isinstance(spool, dict) else None


def _live_port(entry: Tree) -> object:
    live = entry.get("live")
    if not isinstance(live, dict) or not live.get("enabled"):
        return None
    return live.get("port", 8081)


def _refuse_twice(values: list[Any], sentence: str) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            raise SettingsError(sentence.format(value))
