"""The grid of pictures."""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import MultiDict, MultiMapping

from lookout.contract import filters as language
from lookout.contract.images import TRIGGERS
from lookout.store import finding
from lookout.store.search import Page
from services.gallery import keys
from services.gallery.api.query import parse
from services.gallery.api.searches import ImageParameters
from services.gallery.pages import filters
from services.gallery.pages.page import begin, here, render
from services.gallery.web.problems import Problem
from services.gallery.web.proxies import prefix_of


async def index(request: web.Request) -> web.Response:
    """The grid; where a filter cannot be understood, the form as it was typed and what is wrong."""
    given = request.query
    if (better := filters.canonical(given)) is not None:
        raise web.HTTPSeeOther(here(request) + better)
    begin(request)
    parameters, errors = read(given)
    found, known = await asyncio.gather(
        _nothing() if errors else _found(request, parameters),
        request.app[keys.NODES].names(),
    )
    search = filters.search(given)
    return render(
        request,
        "grid.html",
        status=HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK,
        errors=errors,
        images=request.app[keys.CARDS].of(found.rows, prefix_of(request), search),
        next=found.next,
        by_time=parameters.sort in {"timestamp", "-timestamp"},
        nodes=sorted({*known, *parameters.node}),
        triggers=TRIGGERS,
        parameters=parameters,
        ranges=language.RANGED,
        line=filters.line(given),
        wrong_words=[word for word in language.read(given.get("q", "")) if word.wrong],
        terms=_terms(known),
        ends=filters.typed(given),
        chips=filters.chips(parameters, given, here(request)),
        query=filters.active(given, ImageParameters, "cursor"),
        search=search,
        watch="" if errors else filters.active(given, ImageParameters, "cursor", "limit", "sort"),
        filter_text={
            **{name: given.get(name, "") for name in ("since", "until")},
            **{name: ", ".join(given.getall(name, ())) for name in ("label", "tag")},
        },
    )


def read(given: MultiMapping[str]) -> tuple[ImageParameters, dict[str, dict[str, str]]]:
    """The filters; those that cannot be understood are left out and explained, by their names."""
    try:
        return parse(ImageParameters, given), {}
    except Problem as problem:
        errors = {error["field"]: error for error in problem.members.get("errors", ())}
        rest = MultiDict((name, value) for name, value in given.items() if name not in errors)
        if not errors or len(rest) == len(given):
            raise
        if "q" in errors:  # the words that are right stand in the form
            said = language.fields(language.read(given["q"]))
            rest.extend([(name, each) for name in said.keys() - rest for each in said[name]])
    return parse(ImageParameters, rest), errors


def _terms(nodes: list[str]) -> list[dict[str, Any]]:
    """What a filter line may say, for its completion."""
    return [
        {"name": name, "what": each.what, "several": each.several,
         "values": nodes if name == "node" else each.examples}
        for name, each in language.TERMS.items()
    ]  # fmt: skip


async def _found(request: web.Request, parameters: ImageParameters) -> Page:
    return await finding.page(request.app[keys.IMAGES], parameters.query(), parameters.context)


async def _nothing() -> Page:
    return Page([], None)
