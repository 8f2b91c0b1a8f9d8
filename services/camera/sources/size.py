"""How large a picture becomes, and how large it could be."""

from typing import Final, Protocol, runtime_checkable

Size = tuple[int, int]  # width and height, pixels

_WIDTHS: Final = (640, 1280, 1920, 2560, 3840)  # that people know


@runtime_checkable
class SizedSource(Protocol):
    """A source that knows which sizes it can give."""

    def sizes(self, configured: Size) -> tuple[Size, ...]:
        """Some sizes to choose from, smallest first; none as long as they are not known.

        They have the proportions of `configured` where the source can give any.
        """


def fitted(size: Size, limit: Size) -> Size:
    """The size, made smaller where it is over the limit, in the same proportions."""
    scale = min(1.0, limit[0] / size[0], limit[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def shaped(configured: Size, sensor: Size) -> tuple[Size, ...]:
    """Sizes to choose from, of a source that gives any shape within its sensor."""
    scale = min(sensor[0] / configured[0], sensor[1] / configured[1])
    largest = int(configured[0] * scale) & ~1, int(configured[1] * scale) & ~1
    return _up_to(largest, configured, fitted(configured, largest))


def native(configured: Size, whole: Size) -> tuple[Size, ...]:
    """Sizes to choose from, of a source whose pictures have a shape of their own."""
    return _up_to(whole, whole, fitted(whole, configured))


def _up_to(largest: Size, shape: Size, known: Size) -> tuple[Size, ...]:
    usual = ((width, round(width * shape[1] / shape[0])) for width in _WIDTHS)
    return tuple(sorted({known, largest, *(size for size in usual if size[0] < largest[0])}))
