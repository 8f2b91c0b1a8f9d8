"""The model, for all who look in this process: one at a time, in the order in which they ask."""

import asyncio
from dataclasses import dataclass, field

from lookout.vision.objects.thing import Detector, Thing


@dataclass(frozen=True, slots=True)
class Eye:
    """Looks in a thread, so that the service goes on meanwhile."""

    detector: Detector
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def name(self) -> str:
        """What the model is, and which version."""
        return self.detector.name

    async def look(self, jpeg: bytes) -> list[Thing]:
        """What is in a picture, people first. Raises BadPicture, and what a model raises."""
        async with self._turn:
            return await asyncio.to_thread(self.detector.look, jpeg)
