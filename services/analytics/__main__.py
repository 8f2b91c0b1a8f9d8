"""`python -m services.analytics`"""

import argparse
import asyncio
from pathlib import Path

from lookout.host import metrics, options
from lookout.host.run import Unusable, run
from lookout.host.settings import load_or_exit
from lookout.hub import hub_service
from lookout.vision.objects import choosing
from lookout.vision.objects.thing import BadModel, Detector
from services.analytics import service
from services.analytics.settings import AnalyticsSettings


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="a YAML file of settings, such as zones")


async def main(settings: AnalyticsSettings) -> None:
    """Serve, or stand by while another process has this worker's number."""
    analytics = settings.analytics
    detector = await asyncio.to_thread(_opened, settings)
    with metrics.served(analytics.metrics_port, analytics.metrics_host):
        async with hub_service(settings, settings.name) as hub:
            await service.run(settings, hub, detector)


def _opened(settings: AnalyticsSettings) -> Detector:
    analytics = settings.analytics
    try:
        return choosing.opened(
            analytics.model,
            analytics.models,
            size=analytics.size,
            least_score=analytics.least_score,
            threads=analytics.threads,
        )
    except BadModel as error:
        raise Unusable(str(error)) from None


if __name__ == "__main__":
    given = options.parse("analytics", more=_more)
    effective = load_or_exit(AnalyticsSettings, show_only=given.print_settings, config=given.config)
    run(effective.name, effective, lambda: main(effective))
