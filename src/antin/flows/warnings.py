"""What a signer should know, kept with a task and given to callers."""

import json
from collections.abc import Iterable, Sequence

from antin.core import canonical
from antin.core.canonical import JsonObject
from antin.verifier.report import Finding


def warnings_view(found: Iterable[Finding]) -> list[JsonObject]:
    """Return warnings as callers get them; ``values`` let them be said in another language.

    Lists, as an answer that was stored has them: a request that is repeated gets the same.
    """
    return [
        {
            "code": one.code,
            "severity": one.severity.value,
            "detail": one.detail,
            "values": dict(one.values),
        }
        for one in found
    ]


def as_text(warnings: Sequence[JsonObject]) -> str | None:
    """Return what is kept of them; None: there are none."""
    return canonical.dumps_normalised(warnings).decode() if warnings else None


def from_text(kept: str | None) -> list[JsonObject]:
    """Return them again."""
    found: list[JsonObject] = json.loads(kept) if kept else []
    return found
