"""`python -m services.events`"""

from contextlib import AsyncExitStack

from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host import metrics
from lookout.host.run import Unusable, run
from lookout.host.settings import load_or_exit
from lookout.store.client import opened, wait_ready
from lookout.store.index import ensure_indexes
from lookout.store.locks import lease
from services.events import service
from services.events.settings import EventsSettings

NAME = "events"
SESSION_EXPIRY = 7 * 86_400  # seconds the broker keeps what comes while we are away


async def main(settings: EventsSettings) -> None:
    """Serve, or stand by while another process does."""
    try:
        await serve(settings)
    except lease.Lost as lost:
        raise Unusable(str(lost)) from None


async def serve(settings: EventsSettings) -> None:
    """Open what the service needs, and serve."""
    topics, kept = Topics(settings.mqtt.root), settings.events
    async with AsyncExitStack() as stack:
        stack.enter_context(metrics.served(kept.metrics_port, kept.metrics_host))
        client = await stack.enter_async_context(opened(settings.redis))
        await wait_ready(client, settings.redis)
        await ensure_indexes(client)
        await stack.enter_async_context(lease.held(client, NAME, lease.who(settings.data)))
        session = Session(
            settings.mqtt,
            f"lookout-{NAME}",
            presence=topics.hub_status(NAME),
            session_expiry=SESSION_EXPIRY,
        )
        await stack.enter_async_context(session)
        await service.run(settings, session, client)


if __name__ == "__main__":
    effective = load_or_exit(EventsSettings)
    run(NAME, effective, lambda: main(effective))
