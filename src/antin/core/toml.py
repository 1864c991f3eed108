"""TOML of other people's making, within bounds.

A key of thousands of parts costs Python's parser memory by the square of them: 64 KB could take
gigabytes. A key stands on one line, so lines are bounded too.
"""

import tomllib
from typing import Any, Final

MAX_TOML_BYTES: Final = 64 << 10
MAX_LINE_BYTES: Final = 1_000


def parse_toml(data: bytes) -> dict[str, Any]:
    """Return the table that ``data`` (TOML, UTF-8) says; ``ValueError`` for anything else.

    Callers turn it into the code of what they read. Text beyond the bounds is an error as well.
    """
    if len(data) > MAX_TOML_BYTES:
        raise ValueError(f"more than {MAX_TOML_BYTES} bytes")
    if any(len(line) > MAX_LINE_BYTES for line in data.split(b"\n")):
        raise ValueError(f"a line has more than {MAX_LINE_BYTES} bytes")
    try:
        return tomllib.loads(data.decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
