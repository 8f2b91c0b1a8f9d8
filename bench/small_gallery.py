"""The page of a small Pi camera demo: Flask and redis-py, the nine newest pictures by a search."""

import sys
from typing import Any

import redis
from flask import Flask, render_template_string
from redis.commands.search.query import Query

PAGE = """<!doctype html><title>Pictures</title>
{% for each in pictures %}<figure><img src="/image/{{ each.id }}" alt="">
<figcaption>{{ each.timestamp }} lux {{ each.lux }}</figcaption></figure>{% endfor %}"""


def make(url: str) -> Any:
    """The application."""
    app, client = Flask(__name__), redis.Redis.from_url(url)
    newest = (
        Query("*").sort_by("timestamp", asc=False).paging(0, 9).return_fields("timestamp", "lux")
    )

    def index() -> str:
        found: Any = client.ft("idx:images").search(newest)
        return str(render_template_string(PAGE, pictures=found.docs))

    def image(key: str) -> Any:
        data: Any = client.hget(key, "image_data")
        return app.response_class(data, mimetype="image/jpeg")

    app.add_url_rule("/", view_func=index)
    app.add_url_rule("/image/<path:key>", view_func=image)
    return app


if __name__ == "__main__":
    make(sys.argv[1]).run(port=int(sys.argv[2]), threaded=True)
