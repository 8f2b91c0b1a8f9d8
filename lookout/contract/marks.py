"""What people say of an image: tags, which are searched for, and a note, which is read."""

from typing import Final

LONGEST_TAG: Final = 40  # characters
MOST_TAGS: Final = 32  # of one image
LONGEST_NOTE: Final = 2_000  # characters
_BETWEEN: Final = ","  # stands between the tags of an image, in its hash and in its index


def check_tag(text: str) -> str:
    """A tag as it is kept: in small letters, without spaces around. Raises ValueError."""
    name = text.strip().lower()
    if not name or not name.isprintable() or _BETWEEN in name or len(name) > LONGEST_TAG:
        raise ValueError(f"use 1 to {LONGEST_TAG} letters without a comma, such as hedgehog")
    return name


def check_note(text: str) -> str:
    """A note as it is kept. Raises ValueError."""
    note = text.replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"use at most {LONGEST_NOTE:,} characters; it has {len(note):,}")
    if not all(each.isprintable() or each in "\n\t" for each in note):
        raise ValueError("use letters, spaces and new lines")
    return note


def tags_of(kept: str | None) -> list[str]:
    """The tags that an image's hash holds."""
    return [each for each in (kept or "").split(_BETWEEN) if each]


def kept_tags(tags: list[str]) -> str:
    """What the hash holds of these."""
    return _BETWEEN.join(tags)
