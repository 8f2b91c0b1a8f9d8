"""The colours of the pages, light and dark, can be read by those who see little (WCAG AA)."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "services/gallery/static/app.css").read_text()
LEAST = 4.5  # of letters and what is behind them
PAIRS = [
    *((letters, "paper") for letters in ("ink", "soft", "accent", "bad")),
    *((letters, "surface") for letters in ("ink", "soft", "accent", "good", "warn", "bad")),
    *((letters, "sunken") for letters in ("ink", "soft")),
    *((letters, "tint") for letters in ("accent", "ink")),
    *((f"{tone}", f"{tone}-tint") for tone in ("good", "warn", "bad")),
    *(("surface", tone) for tone in ("good", "bad")),
    ("on-accent", "accent"),
    ("paper", "ink"),
    ("paper", "bad"),
]


def colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found | (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark)) if scheme == "dark" else {}
    )


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_what_is_behind_them(scheme: str) -> None:
    found = colours(scheme)
    faint = {}
    for letters, ground in PAIRS:
        low, high = sorted(luminance(found[name]) for name in (letters, ground))
        contrast = round((high + 0.05) / (low + 0.05), 2)
        if contrast < LEAST:
            faint[f"{letters} on {ground}"] = contrast
    assert faint == {}
