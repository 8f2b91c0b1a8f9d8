"""How large a picture becomes."""


def fitted(size: tuple[int, int], limit: tuple[int, int]) -> tuple[int, int]:
    """The size, made smaller where it is over the limit, in the same proportions."""
    scale = min(1.0, limit[0] / size[0], limit[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
