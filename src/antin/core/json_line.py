"""JSON to be read on a terminal and line by line; for what is hashed see ``canonical.py``."""

import json


def json_line(value: object) -> str:
    """Return ``value`` as one line of JSON, readable in any script, without a line end.

    What steers a terminal, but is let through by JSON, is escaped: DEL, C1 controls, marks of
    direction; and lone surrogates, which are no text.
    """
    line = json.dumps(value, ensure_ascii=False)
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
