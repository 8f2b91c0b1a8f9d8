"""What the camera's tests share."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from lookout.host.settings import Broker
from tests.support.hub import Hub, watching_hub


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """gpiozero's own mock pins, in the place of a Pi's."""
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


@pytest.fixture
async def hub(mqtt_settings: Callable[[str], Broker]) -> AsyncIterator[Hub]:
    """Sees what a node says, and calls its services."""
    async with watching_hub(mqtt_settings("hub")) as hub:
        yield hub
