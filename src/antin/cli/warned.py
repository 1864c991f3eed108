"""Warnings that come as JSON, from a flow or a server, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from antin.cli.many import Remark
from antin.cli.texts import _


def remarks_of(warnings: Any) -> tuple[Remark, ...]:
    """Return them as remarks, whatever they are: a server may be of another version, or lie.

    One that this program does not know speaks for itself.
    """
    found = warnings if isinstance(warnings, list) else []
    return tuple(_remark(one) for one in found if isinstance(one, Mapping))


def _remark(warning: Mapping[str, Any]) -> Remark:
    from antin.core.codes import FINDINGS
    from antin.verifier.writers.sentences import filled
    from antin.verifier.writers.visible import visible

    code, values = visible(warning.get("code")), warning.get("values")
    sentence = FINDINGS.get(code)
    if sentence is None:
        return Remark(code, visible(warning.get("detail")))
    shown = {key: str(one) for key, one in values.items()} if isinstance(values, Mapping) else {}
    return Remark(code, filled(_, sentence, shown))
