"""Warnings that come as JSON, from a flow or a server, in the reader's language."""

from collections.abc import Iterable, Mapping
from typing import Any

from antin.cli.many import Remark
from antin.cli.texts import _


def remarks_of(warnings: Iterable[Mapping[str, Any]]) -> tuple[Remark, ...]:
    """Return them as remarks; one that this program does not know speaks for itself."""
    return tuple(Remark(str(one["code"]), _sentence(one)) for one in warnings)


def _sentence(warning: Mapping[str, Any]) -> str:
    from antin.core.codes import FINDINGS
    from antin.verifier.writers.sentences import filled
    from antin.verifier.writers.visible import visible

    sentence = FINDINGS.get(str(warning["code"]))
    if sentence is None:
        return visible(str(warning["detail"]))
    return filled(_, sentence, dict(warning["values"]))
