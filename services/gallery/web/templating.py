"""Jinja2 templates and the static files they refer to, from inside the package."""

import hashlib
import json
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from lookout.contract.events import ROUTINE
from lookout.contract.metrics import METRICS
from services.gallery.pages import wording
from services.gallery.web.proxies import visit_of

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"


class Templates:
    """Renders pages; everything that is put into one is escaped."""

    def __init__(self) -> None:
        self.static_url = f"/static/{_version(STATIC)}"
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        known = {name: {"name": each.name, "unit": each.unit} for name, each in METRICS.items()}
        self._environment.globals.update(asset=self._asset, metrics=known, routine=ROUTINE)
        self._environment.filters.update(
            ago=wording.ago,
            clock=wording.clock,
            day=wording.day,
            iso=wording.iso,
            length_of_time=wording.length,
            number=wording.number,
            to_json=_to_json,
        )

    def page(
        self, request: web.Request, template: str, *, status: int = 200, **context: Any
    ) -> web.Response:
        """A page of HTML whose links begin with `base`."""
        visit = visit_of(request)
        context = {"place": ""} | context
        context |= {"base": visit.prefix, "path": request.path, "user": visit.user}
        text = self._environment.get_template(template).render(context)
        return web.Response(
            text=text,
            status=status,
            content_type="text/html",
            headers={"Cache-Control": "no-store"},
        )

    def macros(self, base: str) -> Any:
        """The macros of the pages, for links that begin with `base`."""
        return self._environment.get_template("macros.html").make_module({"base": base})

    @pass_context
    def _asset(self, context: Context, name: str) -> str:
        return f"{context['base']}{self.static_url}/{name}"


def _version(folder: Path) -> str:
    """Changes when any static file changes, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _to_json(value: object) -> Markup:
    """JSON that is safe between <script> tags and in attributes."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704
