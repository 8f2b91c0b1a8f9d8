"""What goes into the stream: images from the store, nodes and events from the bus."""

from collections.abc import Mapping, Sequence
from typing import Any

from lookout.bus.intake import Received
from lookout.contract.events import Event
from lookout.contract.wire import now
from lookout.store import changes
from lookout.store.changes import Change
from lookout.store.client import Client
from lookout.store.errors import StoreError
from lookout.store.images import Images
from lookout.store.nodes import Nodes
from lookout.store.search import Row
from services.gallery.api import serialize
from services.gallery.api.recent import Recent
from services.gallery.live.heard import Heard
from services.gallery.live.stream import Stream, always
from services.gallery.live.viewer import Form
from services.gallery.pages.fragments import Fragments


class Feed:
    """Reads each thing once for all viewers."""

    def __init__(
        self,
        stream: Stream,
        images: Images,
        nodes: Nodes,
        fragments: Fragments,
        recent: Recent,
    ) -> None:
        self._stream = stream
        self._images = images
        self._nodes = nodes
        self._fragments = fragments
        self._recent = recent
        self._heard = Heard()

    async def images(self, client: Client) -> None:
        """What is stored, deleted and brought back, for ever. Raises a StoreError."""
        self._stream.resync()  # after an error something may have been missed
        async for group in changes.follow(client):
            for change in group:
                await self._change(change)

    async def _change(self, change: Change) -> None:
        if change.what == "deleted":
            for each in change.ids:
                self._recent.forget(each)
        if not self._stream.is_wanted:
            self._stream.skip()
            return
        rows = await self._images.read(change.ids)  # what is there now decides
        if change.what == "deleted":
            there = {row["id"] for row in rows}
            self._gone([each for each in change.ids if each not in there])
            return
        for row in rows:
            self._stream.send("image", self._image(row), subject=row)
        if change.what == "stored":
            await self._pictures(rows)

    def _image(self, row: Row) -> Any:
        def body(form: Form) -> dict[str, Any]:
            image = serialize.image(row, form.prefix)
            return image | ({"html": self._fragments.card(image, form)} if form.html else {})

        return body

    def _gone(self, ids: Sequence[str]) -> None:
        if ids:
            self._stream.send("deleted", always({"ids": list(ids)}), subject=ids)

    async def _pictures(self, rows: Sequence[Row]) -> None:
        """Each node's newest picture is news of the node too."""
        newest: dict[str, Row] = {}
        for row in rows:
            before = newest.get(row["node"])
            if before is None or float(before["timestamp"]) < float(row["timestamp"]):
                newest[row["node"]] = row
        for name, row in newest.items():
            news = {"last_image": row["id"], "last_image_at": float(row["timestamp"])}
            await self._node(name, news, self._heard.of(name))

    async def node_news(self, received: Received) -> None:
        """Each change of a node: its status, what it says of itself, its readings."""
        change = _change(received.address.kind, received.model)
        if received.message.retain:  # old news, said again because we connected
            change.pop("status_since", None)
        else:
            change["last_seen"] = now()
        heard = self._heard.note(received.address.node, change)
        await self._node(received.address.node, change, heard)

    async def _node(self, name: str, change: dict[str, Any], heard: Mapping[str, Any]) -> None:
        """Tell of a node; the store may not know yet what the bus has told us already."""
        if not self._stream.is_wanted:
            self._stream.skip()
            return
        try:
            known = await self._nodes.get(name) or {"node": name, "silent": False}
        except StoreError:
            known = {"node": name, "silent": False}
        newer = {"last_image", "last_image_at"} & change.keys() and (
            change["last_image_at"] >= (known.get("last_image_at") or 0)
        )
        whole = {**known, **heard, **(change if newer else {})}

        def body(form: Form) -> dict[str, Any]:
            shown = {"node": name, **change}
            if "info" in shown:
                shown["info"] = serialize.info(name, shown["info"], form.prefix)
            if form.html:
                shown["html"] = self._fragments.node(serialize.node(whole, form.prefix), form)
            return shown

        self._stream.send("node", body, subject=name)

    async def event(self, received: Received) -> None:
        """Each event."""
        identifier = received.model.ulid(received.message.topic)
        shown = _event(identifier, received.address.node, received.model)

        def body(form: Form) -> dict[str, Any]:
            return shown | ({"html": self._fragments.event(shown, form)} if form.html else {})

        self._stream.send("event", body, subject=shown)


def _event(identifier: str, node: str, event: Event) -> dict[str, Any]:
    return serialize.event(
        {
            "id": identifier,
            "event_type": event.event_type,
            "node": node,
            "timestamp": event.timestamp,
            "context_id": event.context.id,
            "parent_id": event.context.parent_id,
            "data": event.data,
        }
    )


def _change(kind: str, model: Any) -> dict[str, Any]:
    """What of the node's fields is new, named as the API names them."""
    if kind == "status":
        return {"status": model, "status_since": now()}
    if kind == "info":
        return {"info": model.model_dump(mode="json", exclude_none=True)}
    return {"last_reading": {"timestamp": model.timestamp or now(), **model.metrics}}
