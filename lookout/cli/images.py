"""`lookout images`: find pictures by node, time, light, warmth, people and trigger."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from lookout.bus.topics import check_node, check_word
from lookout.cli import connection, tables

if TYPE_CHECKING:
    from lookout.store.search import Query

COLUMNS = ("Image", "Taken", "Lux>", "Temperature>", "People>", "Trigger", "Size>", "Bytes>")
NONE_FOUND = "No picture matches."
T = TypeVar("T")


def _checked(check: Callable[[str], T]) -> Callable[[str], str]:
    """For typer: what a ValueError says becomes the usage error (exit code 2)."""

    def parser(text: str) -> str:
        try:
            check(text)
        except ValueError as error:
            raise typer.BadParameter(f"{text!r}: {error}") from None
        return text

    return parser


def _is_range(text: str) -> None:
    from lookout.store.filters import parse_range

    parse_range(text)


def _is_time(text: str) -> None:
    from lookout.store.filters import parse_time

    parse_time(text)


def _is_cursor(text: str) -> None:
    from lookout.store.search import Cursor

    Cursor.decode(text)


Numbers = Annotated[
    str | None, typer.Option(metavar="FROM..TO", parser=_checked(_is_range), help="or 100.. or ..5")
]
Time = Annotated[
    str | None,
    typer.Option(metavar="TIME", parser=_checked(_is_time), help="2h (ago), an ISO time, or Unix"),
]


def images(
    node: Annotated[
        list[str] | None,
        typer.Option(metavar="NODE", parser=_checked(check_node), help="may be repeated"),
    ] = None,
    since: Time = None,
    until: Time = None,
    lux: Numbers = None,
    temperature: Numbers = None,
    people: Numbers = None,
    trigger: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TRIGGER", parser=_checked(check_word), help="interval, command, motion, ..."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="most pictures to show")] = 20,
    cursor: Annotated[
        str | None,
        typer.Option(
            parser=_checked(_is_cursor), metavar="NEXT", help="`next` of an earlier --json"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Find pictures, the newest first. Every filter must hold."""
    ranges = {"lux": lux, "temperature": temperature, "people": people}
    tags = {"node": node or [], "trigger": trigger or []}
    connection.run(_show(ranges, tags, (since, until), limit, cursor, as_json))


async def _show(
    ranges: dict[str, str | None],
    tags: dict[str, list[str]],
    times: tuple[str | None, str | None],
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    async with connection.redis() as client:
        from lookout.store.images import Images
        from lookout.store.images import as_json as image_as_json

        page = await Images(client).page(_query(ranges, tags, times, limit, cursor))
        found = [image_as_json(row) for row in page.rows]
    if as_json:
        tables.print_json({"images": found, "next": page.next})
    elif found:
        tables.print_table(COLUMNS, map(_row, found))
    else:
        print(NONE_FOUND)


def _query(
    numbers: dict[str, str | None],
    tags: dict[str, list[str]],
    times: tuple[str | None, str | None],
    limit: int,
    cursor: str | None,
) -> "Query":
    from lookout.store.filters import between, parse_range, parse_time
    from lookout.store.search import Cursor, Query

    ranges = {name: parse_range(text) for name, text in numbers.items() if text}
    since, until = (parse_time(text) if text else None for text in times)
    if (span := between(since, until)) is not None:
        ranges["timestamp"] = span
    return Query(
        tags={name: values for name, values in tags.items() if values},
        ranges=ranges,
        limit=limit,
        cursor=Cursor.decode(cursor) if cursor else None,
    )


def _row(image: dict[str, Any]) -> tuple[tables.Cell, ...]:
    celsius = image.get("temperature")
    return (
        image["id"],
        tables.clock(image["timestamp"]),
        tables.number(image.get("lux")),
        tables.NOTHING if celsius is None else f"{celsius:.1f} °C",
        tables.number(image.get("people"), 0),
        str(image.get("trigger", tables.NOTHING)),
        f"{image.get('width', '?')}x{image.get('height', '?')}",
        f"{image.get('size', 0):,}",
    )
