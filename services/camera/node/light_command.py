"""The `light` service."""

from dataclasses import dataclass

from pydantic import Field

from lookout.bus.commands import Arguments, CommandFailed, Data, Services
from lookout.contract.commands import Command
from lookout.contract.topics import Word
from services.camera.lights import LampError, Lights
from services.camera.node.info import NodeInfo


class LightArguments(Arguments):
    """Switch one lamp or all: on, off, or back to its own rule (null); for some seconds."""

    on: bool | None
    seconds: float | None = Field(None, gt=0, le=86400)
    name: Word | None = None


@dataclass(frozen=True, slots=True)
class LightCommand:
    """What the service does."""

    lights: Lights
    info: NodeInfo

    def register(self, services: Services) -> None:
        """Offer it."""
        services.register("light", LightArguments, self.light)

    async def light(self, arguments: LightArguments, _: Command) -> Data:
        """Switch; the result names each lamp and whether it is on."""
        try:
            states = self.lights.switch(arguments.name, arguments.on, arguments.seconds)
        except LampError as error:
            raise CommandFailed("light_failed", str(error)) from None
        self.info.publish()
        return {"lights": dict(states)}
