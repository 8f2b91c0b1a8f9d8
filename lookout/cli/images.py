"""`lookout images`: find pictures by a filter line, as on the page, or by options."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from lookout.cli import connection, tables
from lookout.contract.topics import check_node, check_word

if TYPE_CHECKING:  # the store needs redis, which a Pi with only the camera's packages lacks
    from lookout.store.search import Query

COLUMNS = ("Image", "Taken", "Lux>", "Temperature>", "People>", "Trigger", "Size>", "Bytes>")
NONE_FOUND = "No picture matches."
NOTHING_ELSE: Mapping[str, Any] = MappingProxyType({})
T = TypeVar("T")


def _or_usage(parse: Callable[[str], T], text: str) -> T:
    """Turn a ValueError into typer's usage error (exit code 2)."""
    try:
        return parse(text)
    except ValueError as error:
        said = str(error)
        raise typer.BadParameter(said if repr(text) in said else f"{text!r}: {said}") from None


def _node(text: str) -> str:
    return _or_usage(check_node, text)


def _word(text: str) -> str:
    return _or_usage(check_word, text)


def _label(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise typer.BadParameter(f"{text!r}: use the name of a thing such as person or dog")
    return text.strip()


def _range(text: str) -> Any:
    from lookout.amounts.ranges import parse_range

    return _or_usage(parse_range, text)


def _time(text: str) -> Any:
    from lookout.amounts.times import parse_time

    return _or_usage(parse_time, text)


def _cursor(text: str) -> Any:
    from lookout.store.search import Cursor

    return _or_usage(Cursor.decode, text)


def _line(words: Sequence[str]) -> dict[str, list[str]]:
    from lookout.contract import filters

    # The shell has taken the quotes away that held a value together, or the whole line.
    lines = [word if _is_right(word) or not _is_right(_quoted(word)) else _quoted(word)
             for word in words]  # fmt: skip
    return _or_usage(filters.parse, " ".join(lines))


def _is_right(line: str) -> bool:
    from lookout.contract import filters

    return not any(word.wrong for word in filters.read(line))


def _quoted(word: str) -> str:
    name, _, value = word.partition(":")
    return f'{name}:"{value}"'


def _numbers(help_: str) -> Any:
    return typer.Option(metavar="FROM..TO", parser=_range, help=help_)


def _moment(help_: str) -> Any:
    return typer.Option(metavar="TIME", parser=_time, help=help_)


def images(
    line: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME:VALUE]...",
            help="a filter line, such as: node:porch lux:100..120 'temperature:<0' since:2h",
        ),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(metavar="NODE", parser=_node, help="of this node; may be repeated"),
    ] = None,
    since: Annotated[Any, _moment("such as 2h (ago), 2026-06-01T12:00 or Unix seconds")] = None,
    until: Annotated[Any, _moment("the same")] = None,
    lux: Annotated[Any, _numbers("light, such as 100..120, 100.. or ..5")] = None,
    temperature: Annotated[Any, _numbers("degrees C")] = None,
    people: Annotated[Any, _numbers("how many people were seen, such as 1..")] = None,
    trigger: Annotated[
        list[str] | None,
        typer.Option(metavar="TRIGGER", parser=_word, help="interval, command, motion, ..."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", parser=_label, help="what was seen, such as dog"),
    ] = None,
    zone: Annotated[
        list[str] | None,
        typer.Option(metavar="ZONE", parser=_word, help="with something in this zone"),
    ] = None,
    kept: Annotated[bool, typer.Option("--kept", help="only those kept for good")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="most pictures to show")] = 20,
    cursor: Annotated[
        Any, typer.Option(metavar="NEXT", parser=_cursor, help="`next` of an earlier --json")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Find pictures, the newest first. Every filter must hold."""
    query, context = asked(
        line or [],
        words={"node": node, "trigger": trigger, "label": label, "zone": zone},
        numbers={"lux": lux, "temperature": temperature, "people": people},
        since=since,
        until=until,
        kept=kept,
    )
    connection.run(_show(replace(query, limit=limit, cursor=cursor), context, as_json))


def asked(
    line: Sequence[str],
    *,
    words: Mapping[str, Sequence[str] | None] = NOTHING_ELSE,
    numbers: Mapping[str, Any] = NOTHING_ELSE,
    since: Any = None,
    until: Any = None,
    kept: bool = False,
) -> tuple["Query", str | None]:
    """The search of a filter line and of options beside it, and the context that is asked for."""
    from lookout.amounts.ranges import between
    from lookout.contract.filters import ASKED
    from lookout.store import finding

    said = _line(line)
    every = {name: [*(words.get(name) or []), *said.get(name, [])] for name in ASKED}
    spans = _spans(said, **numbers)
    first, last = _moments(said, since, until)
    spans["timestamp"] = between(first, last)
    query = finding.wanted(every, spans, _kept(said, kept))
    sort = said.get("sort", ["-timestamp"])[0]
    query = replace(query, sort=sort.removeprefix("-"), descending=sort.startswith("-"))
    return query, said.get("context", [None])[0]


Lines = Mapping[str, Sequence[str]]


def _spans(said: Lines, **options: Any) -> dict[str, Any]:
    """What is asked of numbers: what the line and an option say must both hold."""
    from lookout.contract.filters import RANGED

    spans = dict(options)
    for name in RANGED.keys() & said.keys():
        span, option = _range(said[name][0]), options.get(name)
        spans[name] = span if option is None else span.within(option)
    return spans


def _moments(said: Lines, since: Any, until: Any) -> tuple[Any, Any]:
    """What is asked of the time, in the line's zone or this computer's own."""
    from lookout.amounts.times import parse_time, parse_zone

    zone = parse_zone(said["tz"][0]) if "tz" in said else None
    given = {"since": since, "until": until}
    for name in given.keys() & said.keys():
        if given[name] is not None:
            raise typer.BadParameter(f"{name}:{said[name][0]} and --{name}: say it once")
        given[name] = parse_time(said[name][0], zone)
    return given["since"], given["until"]


def _kept(said: Lines, option: bool) -> bool | None:
    from lookout.contract.filters import YES

    return True if option else said["kept"][0].lower() in YES if "kept" in said else None


async def _show(query: "Query", context: str | None, as_json: bool) -> None:
    from lookout.store import finding
    from lookout.store import images as store

    async with connection.redis() as client:
        page = await finding.page(store.Images(client), query, context)
        if not page.rows:
            await connection.check_nodes(client, query.tags.get("node", ()))
    found = [store.as_json(row) for row in page.rows]
    if as_json:
        tables.print_json({"images": found, "next": page.next})
    elif found:
        tables.print_table(COLUMNS, map(_row, found))
    else:
        print(NONE_FOUND)


def _row(image: dict[str, Any]) -> tuple[tables.Cell, ...]:
    return (
        image["id"],
        tables.clock(image["timestamp"]),
        tables.number(image.get("lux")),
        tables.degrees(image.get("temperature")),
        tables.number(image.get("people"), 0),
        str(image.get("trigger", tables.NOTHING)),
        f"{image.get('width', '?')}x{image.get('height', '?')}",
        f"{image.get('size', 0):,}",
    )
