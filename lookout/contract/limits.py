"""How large, deep, long and far anything that comes from outside may be, in one place."""

from typing import Final

MOST_DEPTH: Final = 24  # lists and objects inside one another
MOST_ITEMS: Final = 20_000  # values of one message, all levels together
LONGEST_TEXT: Final = 65_536  # characters of one text
LONGEST_NAME: Final = 256  # characters of a name in an object
MOST_DIGITS: Final = 40  # of a whole number as it is written
LARGEST_WHOLE: Final = 2**63 - 1  # what every language and store at the other end can hold

LATEST: Final = 1e11  # Unix seconds, in the year 5138: what is larger is milliseconds by mistake
FARTHEST_SAID: Final = 1e19  # what anybody can have meant for a time: nanoseconds by mistake
LONGEST_LIFE: Final = 10 * 365 * 86_400  # seconds that anything may ask to live or to wait
EARLIEST: Final = 1_577_836_800.0  # 2020-01-01: before it, a clock was not set
FARTHEST_CLOCK: Final = 86_400.0  # seconds that a clock may be ahead before nobody believes it

LONGEST_META: Final = 8_192  # characters of what a sender says besides of an image, as JSON

SHOWN: Final = 80  # characters of a wrong value that its error repeats
MOST_FAULTS: Final = 5  # faults of one message that its error names

# Bytes of a payload, by its kind; an image has the ingest service's own limit.
PAYLOADS: Final = {
    "status": 64,
    "info": 65_536,
    "hub_info": 65_536,
    "reading": 16_384,
    "event": 16_384,
    "command": 65_536,
    "result": 262_144,
    "stored": 1_048_576,
    "detection": 262_144,
}
