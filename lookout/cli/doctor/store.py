"""Redis: its version, memory, append-only file, search and clock."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from lookout.amounts.sizes import format_size
from lookout.cli.doctor.finding import Finding, good, wrong
from lookout.store import keys, policy
from lookout.store.client import Client, has_command
from lookout.store.errors import StoreAway, StoreError, StoreRefused
from lookout.store.index import INDEXES
from lookout.store.memory import memory
from lookout.store.search.asking import NOT_STRICT

FULL: Final = 0.92  # part of the memory limit: Lookout makes room from 0.85 on
CLOCK_SECONDS: Final = 2.0  # that the clocks of two computers may differ
Look = Callable[[Client], Awaitable[Finding]]


async def look(client: Client) -> AsyncIterator[Finding]:
    """All that there is to ask it. What it does not let us ask is told, not raised."""
    for what, check in CHECKS.items():
        try:
            yield await check(client)
        except StoreAway:
            raise
        except StoreError as error:
            yield wrong(what, f"this user may not ask ({error}): see docs/security.md.")


async def _version(client: Client) -> Finding:
    info = await client.info("server")
    name = info.get("server_name", "redis").capitalize()
    said = f"{name} {info.get('valkey_version') or info.get('redis_version')}"
    if not await has_command(client, "waitaof"):
        return wrong(
            "Redis",
            f"{said} cannot tell what is on its disk, so a picture is confirmed that a power cut "
            "would take: run redis:8, or any from 7.2 on.",
        )
    return good("Redis", f"{said}, with search.")


async def _policy(client: Client) -> Finding:
    what, limit = "Redis' memory", (await memory(client)).limit
    if not limit:
        return wrong(
            what,
            "it has no maxmemory: it grows until this computer has no memory left. Set maxmemory "
            f"(docs/operations.md, How big) and maxmemory-policy {policy.RIGHT}.",
        )
    if said := await policy.advice(client):
        return wrong(what, said)
    return good(what, f"{format_size(limit)} at most, {policy.RIGHT}.")


async def _memory(client: Client) -> Finding:
    what, now = "Redis' room", await memory(client)
    if now.evicted:
        return wrong(
            what,
            f"it threw out {now.evicted:,} keys by itself since its start: give it more memory, or "
            "keep less (`lookout storage`).",
        )
    if now.share > FULL:
        return wrong(
            what,
            f"{now.share:.0%} of its memory is in use, more than Lookout leaves: see that ingest "
            "runs, and what else is in it (`lookout storage`).",
        )
    return good(what, f"{format_size(now.used)} in use, nothing thrown out.")


async def _file(client: Client) -> Finding:
    what, info = "Redis' file", await client.info("persistence")
    if not info.get("aof_enabled"):
        return wrong(
            what,
            "it keeps no append-only file: a power cut takes all pictures. Set appendonly yes (in "
            "redis.conf, or with CONFIG SET).",
        )
    for name, state in (
        ("the last write", info.get("aof_last_write_status")),
        ("writing it anew", info.get("aof_last_bgrewrite_status")),
    ):
        if state not in {"ok", None}:
            return wrong(
                what,
                f"{name} failed: see its log, and whether its disk is full. Until it works nothing "
                "is confirmed, and the nodes keep their pictures.",
            )
    if await _fsync(client) == "no":
        return wrong(
            what,
            "appendfsync is no, so that nobody knows when a picture is on the disk: set it to "
            "everysec.",
        )
    size = int(info.get("aof_current_size", 0))
    return good(what, f"an append-only file of {format_size(size)}, written without fault.")


async def _fsync(client: Client) -> str:
    """What is said of it, where we may ask."""
    try:
        return str((await client.config_get("appendfsync")).get("appendfsync", ""))
    except StoreRefused:
        return ""


async def _search(client: Client) -> Finding:
    what = "search's limit"
    try:
        limit, on_limit = [
            _value(await client.execute_command("FT.CONFIG", "GET", name))
            for name in ("TIMEOUT", "ON_TIMEOUT")
        ]
    except StoreRefused:
        return wrong(what, NOT_STRICT)
    if on_limit != "fail":
        return wrong(
            what,
            f"ON_TIMEOUT is {on_limit}: a search that is cut would answer with a part. Any service "
            "of the hub sets it to fail within ten seconds: see that one runs; or do it yourself: "
            "FT.CONFIG SET ON_TIMEOUT fail.",
        )
    return good(what, f"a search that is cut is an error (ON_TIMEOUT fail, TIMEOUT {limit} ms).")


def _value(answer: Any) -> str:
    return b"".join(answer[0][1:2]).decode().lower() if answer else ""


async def _indexes(client: Client) -> Finding:
    what, filled = "search's indexes", 0
    for name in INDEXES:
        try:
            answer = await client.execute_command("FT.INFO", name)
        except StoreRefused:
            return wrong(
                what,
                f"{name} is missing: a service of the hub makes it within ten seconds, see that "
                "one runs.",
            )
        info = dict(zip(answer[::2], answer[1::2], strict=False))
        if int(info.get(b"indexing", 0)):
            share = float(info.get(b"percent_indexed", 0))
            return wrong(what, f"{name} is being filled, {share:.0%} is done: wait for it.")
        if failures := int(info.get(b"hash_indexing_failures", 0)):
            return wrong(
                what,
                f"{name} could not take {failures:,} hashes, which no search finds: FT.INFO {name} "
                "names the last one and its field.",
            )
        filled += int(info.get(b"num_docs", 0))
    return good(what, f"all there, {filled:,} things in them.")


async def _clock(client: Client) -> Finding:
    what, began = "hub's clock", time.time()
    seconds, millionths = await client.time()
    away = seconds + millionths / 1e6 - (began + time.time()) / 2
    if doubt := await client.get(keys.CLOCK):
        return wrong(
            what,
            f"it is in doubt, so nothing is removed for its age: {doubt.decode()}. Set it by NTP "
            "(docs/clocks.md).",
        )
    if abs(away) > CLOCK_SECONDS:
        return wrong(
            what,
            f"the clock of Redis' computer is {away:+.0f} s from this one's: set both by NTP.",
        )
    return good(what, "nobody doubts it, and Redis' computer says the same.")


CHECKS: Final[dict[str, Look]] = {
    "Redis": _version,
    "Redis' memory": _policy,
    "Redis' room": _memory,
    "Redis' file": _file,
    "search's limit": _search,
    "search's indexes": _indexes,
    "hub's clock": _clock,
}
