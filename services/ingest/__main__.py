"""`python -m services.ingest`"""

from PIL import Image

from lookout.host import metrics, options
from lookout.host.run import run
from lookout.host.settings import load_or_exit
from lookout.hub import hub_service
from services.ingest import service
from services.ingest.settings import IngestSettings


async def main(settings: IngestSettings) -> None:
    """Serve, or stand by while another process has this worker's number."""
    ingest = settings.ingest
    with metrics.served(ingest.metrics_port, ingest.metrics_host):
        async with hub_service(
            settings,
            settings.name,
            session_expiry=ingest.session_expiry,
            receive_maximum=ingest.in_hand,
        ) as hub:
            await service.run(settings, hub)


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = None  # examine.py has a limit of its own, which refuses, not warns
    effective = load_or_exit(IngestSettings, show_only=options.parse("ingest").print_settings)
    run(effective.name, effective, lambda: main(effective))
