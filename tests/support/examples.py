"""How many examples Hypothesis tries where its usual hundred are too few."""

from hypothesis import settings

USUAL = 100


def examples(number: int) -> settings:
    """`number` of them, as `settings(max_examples=number)`; with --fast as much fewer as usual."""
    return settings(max_examples=number * settings().max_examples // USUAL)
