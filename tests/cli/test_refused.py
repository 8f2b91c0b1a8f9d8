"""`lookout refused`: what the hub refused can be looked at and put back."""

from pathlib import Path
from typing import Any

from lookout.bus.session import Session
from lookout.store import quarantine
from tests.cli.conftest import Cli
from tests.support.pictures import plain_jpeg
from tests.support.servers import BrokerServer, StoreServer


async def refuse(client: Any, data: bytes, **properties: str) -> str:
    await quarantine.add(
        client,
        topic="lookout/garden/image",
        reason="larger than it may be",
        data=data,
        properties=properties,
        received_at=1_795_000_000.0,
    )
    return (await quarantine.everything(client))[0].entry


async def test_what_was_refused_is_listed_saved_and_put_back(
    cli: Cli, broker: BrokerServer, redis_server: StoreServer, hub: Session, client: Any, data: Path
) -> None:
    async def lookout(*words: str) -> str:
        urls = {
            "LOOKOUT_MQTT__URL": broker.url("hub"),
            "LOOKOUT_REDIS__URL": redis_server.url,
        }
        said = await cli("refused", *words, **urls)
        assert said.code == 0, said.err
        return said.out

    assert "Nothing" in await lookout("list")
    entry = await refuse(client, plain_jpeg(), id="garden:1795000000000")
    listed = await lookout("list")
    assert entry in listed and "larger than it may be" in listed
    await lookout("save", entry, str(data / "refused.jpg"))
    assert (data / "refused.jpg").read_bytes() == plain_jpeg()

    images = hub.subscribe("lookout/garden/image")
    assert "was put back" in await lookout("put-back", entry)
    message = await anext(images)
    assert message.payload == plain_jpeg()
    assert message.properties == {"id": "garden:1795000000000"}
    assert "Nothing" in await lookout("list")


async def test_an_entry_that_is_not_there_is_named(on_store: Cli) -> None:
    said = await on_store("refused", "save", "1-0", "x.jpg")
    assert said.code == 1
    assert "1-0" in said.err
