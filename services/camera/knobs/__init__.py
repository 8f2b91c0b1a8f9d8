"""What can be changed while the node runs: each value, where it is kept, how it is applied."""

from services.camera.knobs.knobs import BadChange, Knobs, NotKept
from services.camera.knobs.state import State
from services.camera.knobs.trial import Trial

__all__ = ["BadChange", "Knobs", "NotKept", "State", "Trial"]
