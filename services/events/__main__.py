"""`python -m services.events`"""

from lookout.host import metrics, options
from lookout.host.run import run
from lookout.host.settings import load_or_exit
from lookout.hub import hub_service
from services.events import service
from services.events.settings import EventsSettings

NAME = "events"
SESSION_EXPIRY = 7 * 86_400  # seconds the broker keeps what comes while we are away
IN_HAND = 500  # messages not yet acknowledged: two batches


async def main(settings: EventsSettings) -> None:
    """Serve, or stand by while another process does."""
    with metrics.served(settings.events.metrics_port, settings.events.metrics_host):
        async with hub_service(
            settings, NAME, session_expiry=SESSION_EXPIRY, receive_maximum=IN_HAND
        ) as hub:
            await service.run(settings, hub)


if __name__ == "__main__":
    effective = load_or_exit(EventsSettings, show_only=options.parse("events").print_settings)
    run(NAME, effective, lambda: main(effective))
