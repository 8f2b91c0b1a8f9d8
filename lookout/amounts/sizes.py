"""Numbers of bytes as people write them: `500MB`, `1.5 GB`."""

from typing import Final

SIZE_HELP: Final = "write a size such as 500MB, 2GB or 1000000"
SIZES: Final = {"GB": 10**9, "MB": 10**6, "KB": 10**3, "B": 1}  # bytes


def parse_size(text: str) -> int:
    """Bytes. Raises a ValueError that says what is allowed."""
    number, unit = text.strip().upper().replace(" ", ""), "B"
    for name in SIZES:
        if number.endswith(name):
            number, unit = number.removesuffix(name), name
            break
    try:
        size = float(number) * SIZES[unit]
    except ValueError:
        size = 0.0
    if not 0 < size < 1e15:
        raise ValueError(SIZE_HELP)
    return round(size)


def format_size(number: int) -> str:
    """Bytes as a person reads them, such as 1.5 GB."""
    for unit, size in SIZES.items():
        if number >= size > 1:
            return f"{number / size:.1f} {unit}"
    return f"{number} B"
