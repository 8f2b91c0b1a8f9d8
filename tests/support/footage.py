"""The film that some tests look at; it is not part of the project."""

from pathlib import Path

import pytest

FILM = Path(__file__).parents[2].parent / "shared" / "data" / "one-by-one-person.mp4"
FILM_RATE = 10  # frames a second

needs_film = pytest.mark.skipif(
    not FILM.exists(), reason=f"the film {FILM.name} is not in ../shared/data"
)

# Frames looked at by a person: the room is empty or not. Between an empty look and the next one
# with somebody in the picture (or the other way round) somebody must have moved.
EMPTY = (0, 58, 464, 1218)  # and 870, when the last of one who leaves is just gone
COMES_OR_GOES = (
    (58, 116),
    (406, 464),
    (464, 522),
    (638, 754),  # one leaves, the next one comes
    (812, 870),
    (870, 928),
    (1160, 1218),
    (1218, 1276),
)

# First and last frame of each stretch in which any part of a person is in the picture, a shadow
# alone is none: of every sixth frame on sheets of 5 x 5, each frame where that changed, and the
# corner of the doubtful ones four times as large, looked at by a person. Never two at a time.
SOMEBODY = ((60, 199), (227, 449), (502, 700), (744, 869), (921, 1200), (1234, 1361))
FRAMES = 1_394


def people_in(frame: int) -> int:
    """How many people a person sees in a frame of the film."""
    return sum(first <= frame <= last for first, last in SOMEBODY)
