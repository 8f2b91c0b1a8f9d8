"""`python -m services.ingest`"""

from contextlib import AsyncExitStack

from PIL import Image

from lookout.bus.session import Session
from lookout.contract.topics import Topics
from lookout.host import metrics
from lookout.host.run import Unusable, run
from lookout.host.settings import load_or_exit
from lookout.store.client import opened, wait_ready
from lookout.store.index import ensure_indexes
from lookout.store.locks import lease
from services.ingest import service
from services.ingest.settings import IngestSettings


async def main(settings: IngestSettings) -> None:
    """Serve, or stand by while another process has this worker's number."""
    try:
        await serve(settings)
    except lease.Lost as lost:
        raise Unusable(str(lost)) from None


async def serve(settings: IngestSettings) -> None:
    """Open what the service needs, and serve."""
    topics, ingest = Topics(settings.mqtt.root), settings.ingest
    async with AsyncExitStack() as stack:
        stack.enter_context(metrics.served(ingest.metrics_port, ingest.metrics_host))
        client = await stack.enter_async_context(opened(settings.redis))
        await wait_ready(client, settings.redis)
        await ensure_indexes(client)
        # The client id is fixed: the broker's queue for us belongs to it, and it is for one only.
        await stack.enter_async_context(lease.held(client, settings.name, lease.who(settings.data)))
        session = Session(
            settings.mqtt,
            f"lookout-{settings.name}",
            presence=topics.hub_status(settings.name),
            session_expiry=ingest.session_expiry,
            receive_maximum=ingest.in_hand,
        )
        await stack.enter_async_context(session)
        await service.run(settings, session, client)


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = None  # examine.py has a limit of its own, which refuses, not warns
    effective = load_or_exit(IngestSettings)
    run(effective.name, effective, lambda: main(effective))
