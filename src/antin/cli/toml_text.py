"""Writing TOML: only what ``antin init`` and ``antin credential add`` need."""

import json
from collections.abc import Mapping


def table(values: Mapping[str, object]) -> str:
    """Return ``values`` as lines ``name = value``; None is left out, mappings become inline."""
    return "".join(
        f"{name} = {_value(value)}\n" for name, value in values.items() if value is not None
    )


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name} = {_value(item)}" for name, item in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    # A JSON text is a TOML basic string, apart from the one control character JSON lets through.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
