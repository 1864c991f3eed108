"""The language of the command line, decided once per process."""

import os
from functools import cache
from pathlib import Path

from antin.core.toml import parse_toml
from antin.infra.messages import DEFAULT, LANGUAGES, translator


@cache
def language() -> str:
    """Return ``ANTIN_LANGUAGE``, or the data directory's setting, or Vietnamese.

    Reads only this one setting, and leniently: help must be quick and must work before the
    settings are in order.
    """
    wanted = os.environ.get("ANTIN_LANGUAGE") or _from_settings()
    return wanted if wanted in LANGUAGES else DEFAULT


def _from_settings() -> str:
    folder = os.environ.get("ANTIN_DATA_DIR")
    if not folder:
        return DEFAULT
    try:
        values = parse_toml((Path(folder) / "antin.toml").read_bytes())
    except (OSError, ValueError):
        return DEFAULT
    return str(values.get("language", DEFAULT))


def _(text: str) -> str:
    """Return ``text`` in the language of this process."""
    return translator(language())(text)
