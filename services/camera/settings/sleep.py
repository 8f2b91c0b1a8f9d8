"""A node that sleeps between its pictures, as on a battery."""

from pydantic import Field

from lookout.host.settings import Section


class Sleep(Section):
    """When it sleeps, and how."""

    every: float = Field(
        0.0, ge=0, le=604_800, description="seconds from one waking to the next; 0 never sleeps"
    )
    awake: float = Field(
        60.0, ge=1, le=3600, description="seconds after which it sleeps though not all is sent"
    )
    listen: float = Field(
        3.0, ge=0, le=600, description="seconds that it listens for commands that waited for it"
    )
    command: tuple[str, ...] = Field(
        (),
        description="what switches the power off, such as [rtcwake, -m, off, -s, '{seconds}']; "
        "without one only the camera and the network rest",
    )
