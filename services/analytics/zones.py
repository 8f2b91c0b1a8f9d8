"""What of the things that a model saw counts, where, and what is told of it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from lookout.contract.watched import Point, Polygon, Watched
from lookout.vision.objects.thing import Thing

ANYWHERE: Final = ""  # the whole picture, as a zone

Counts = Mapping[str, Mapping[str, int]]  # zone -> label -> how many


def that_count(things: Sequence[Thing], rules: Watched) -> list[Thing]:
    """Those that are sure and large enough, and not where nothing counts; in their order."""
    return [
        thing
        for thing in things
        if _is_enough(thing, rules)
        and not any(holds(polygon, foot(thing)) for polygon in rules.ignore)
    ]


def counted(things: Sequence[Thing], rules: Watched) -> dict[str, dict[str, int]]:
    """How many of each label in each zone that has some, and anywhere."""
    found = {ANYWHERE: dict(Counter(thing.label for thing in things))}
    for name, zone in rules.zones.items():
        inside = (
            thing.label
            for thing in things
            if thing.label in zone.labels and holds(zone.points, foot(thing))
        )
        found[name] = dict(Counter(inside))
    return {name: labels for name, labels in found.items() if labels}


def steady(pictures: Sequence[Counts], seen: int) -> dict[str, dict[str, int]]:
    """The most of each that at least `seen` of the pictures show."""
    keys = {(zone, label) for each in pictures for zone in each for label in each[zone]}
    found: dict[str, dict[str, int]] = {}
    for zone, label in sorted(keys):
        numbers = sorted((each.get(zone, {}).get(label, 0) for each in pictures), reverse=True)
        if len(numbers) >= seen and (number := numbers[seen - 1]):
            found.setdefault(zone, {})[label] = number
    return found


def foot(thing: Thing) -> Point:
    """Where a thing stands: the middle of its box's lower edge."""
    x, y, width, height = thing.box
    return x + width / 2, y + height


def holds(polygon: Polygon, point: Point) -> bool:
    """Whether a point lies in a polygon, by how many of its sides are to the right of it.

    Of the border, the left and upper sides count as in it: neighbours share nothing. But the
    picture's own right and lower edge are the end of everything, and are moved in a little.
    """
    x, y = (min(each, 99.999) for each in point)
    inside = False
    for (ax, ay), (bx, by) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            inside = not inside
    return inside


def _is_enough(thing: Thing, rules: Watched) -> bool:
    least = rules.least.get(thing.label)
    if least is None:
        return True
    _, _, width, height = thing.box
    return thing.score >= least.score and width * height / 100 >= least.size
