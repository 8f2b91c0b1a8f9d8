"""`python -m services.gallery`: the web application and its API."""

import secrets
from contextlib import AsyncExitStack

from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host import options
from lookout.host.run import run
from lookout.host.settings import load_or_exit
from lookout.store import client as store
from services.gallery import service
from services.gallery.settings import GallerySettings, check_exposure

REDIS_CONNECTIONS = 32


async def body(settings: GallerySettings) -> None:
    """Open what the gallery needs, and serve until told to stop."""
    check_exposure(settings.gallery)
    presence = Topics(settings.mqtt.root).hub_status("gallery")
    client_id = f"lookout-gallery-{secrets.token_hex(4)}"  # several galleries may run
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(
            store.opened(settings.redis, connections=REDIS_CONNECTIONS)
        )
        session = await stack.enter_async_context(
            Session(settings.mqtt, client_id, presence=presence)
        )
        await service.run(settings, session, redis)


def main() -> None:
    """Entry point."""
    settings = load_or_exit(GallerySettings, show_only=options.parse("gallery").print_settings)
    run("gallery", settings, lambda: body(settings))


if __name__ == "__main__":
    main()
