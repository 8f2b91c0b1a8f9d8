"""Home Assistant's templates (Jinja) for what it reads from our topics and writes to them.

`None` is its word for an unknown state. A command carries no time to live: Home Assistant sends
with QoS 0, which the broker keeps for nobody who is away, and a context may be much older than the
press: it is as old as the automation of which the press is a late step.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

# Who pressed: a button's state is written with the press's context before the message is made, and
# so was the automation's or script's whose step the press is. A person is found by the user.
_CONTEXT: Final = (
    '"context": {"id": "{{ this.context.id }}", "parent_id": {{ this.context.parent_id | tojson }}}'
)
_ASKED_BY: Final = (
    "{% set runs = (states.automation | list + states.script | list)"
    " | selectattr('context.id', 'eq', this.context.id) %}"
    "{% set people = states.person | selectattr('attributes.user_id', 'defined')"
    " | selectattr('attributes.user_id', 'eq', this.context.user_id) %}"
    "{% set who = (runs | list + people | list) | map(attribute='entity_id') | first"
    " | default('Home Assistant') %}"
    '"asked_by": {{ who | tojson }}'
)


def press(**arguments: JsonValue) -> str:
    """A button's command: these arguments, and who pressed."""
    fixed = (f"{json.dumps(name)}: {json.dumps(each)}, " for name, each in arguments.items())
    return f"{{{''.join(fixed)}{_CONTEXT}, {_ASKED_BY}}}"


def field(name: str) -> str:
    """What stands under a name of the JSON message, none where nothing does."""
    return f"value_json.get('{name}')"


def value(name: str) -> str:
    """The value under a name."""
    return f"{{{{ {field(name)} }}}}"


def thousands(name: str) -> str:
    """A number of bytes under a name, in kB."""
    number = field(name)
    return f"{{{{ ({number} / 1000) | round(1) if {number} is number else none }}}}"


def one_of(name: str, options: Sequence[str], *, by: str = "") -> str:
    """The value under a name (of a list its parts with `by` between them), unknown if no option.

    A select logs an error for what is none of its options.
    """
    value = f"({field(name)} or '') | join('{by}')"
    return f"{{% set now = {value} %}}{{{{ now if now in {json.dumps(list(options))} else none }}}}"


def moment(name: str) -> str:
    """Unix seconds under a name, as a time with its zone."""
    seconds = field(name)
    return f"{{{{ ({seconds} | as_datetime).isoformat() if {seconds} is number else none }}}}"


def on_off(expression: str, *, known: str | None = None) -> str:
    """ON or OFF as an expression is true or not; unknown where `known` is not true."""
    state = f"'ON' if {expression} else 'OFF'"
    return f"{{{{ {state} }}}}" if known is None else f"{{{{ ({state}) if {known} else none }}}}"


def argument(name: str) -> str:
    """A command with the value that was entered."""
    return f'{{"{name}": {{{{ value }}}}}}'


def text_argument(name: str) -> str:
    """The same where it is a text."""
    return f'{{"{name}": {{{{ value | tojson }}}}}}'


def payload(arguments: Mapping[str, JsonValue]) -> str:
    """A command that is always the same."""
    return json.dumps(arguments, separators=(",", ":"))


def event(types: Sequence[str]) -> str:
    """An event's data beside its type, as an event entity wants it; of other types, nothing."""
    return (
        f"{{% if value_json is mapping and {field('event_type')} in {json.dumps(types)} %}}"
        "{% set context = value_json.get('context') %}{% set data = value_json.get('data') %}"
        "{% set context = context if context is mapping else {} %}"
        "{{ dict(data if data is mapping else {}, event_type=value_json.get('event_type'), "
        "time_fired=value_json.get('time_fired'), context_id=context.get('id'), "
        "parent_id=context.get('parent_id')) | tojson }}{% endif %}"
    )
