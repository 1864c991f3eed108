"""Making findings: a code of the list, its sentence filled, and where."""

from collections.abc import Iterable, Mapping
from typing import Final

from antin.core.codes import FINDINGS
from antin.core.errors import InputError, RefusedError, fill
from antin.verifier.report import Finding, Severity

_MAX_TEXT: Final = 200


def finding_with(
    code: str,
    severity: Severity,
    values: Mapping[str, str | int],
    *,
    revision: int | None = None,
    page: int | None = None,
    object_number: int | None = None,
    offset: int | None = None,
) -> Finding:
    """Return the finding ``code`` (a key of ``FINDINGS``) with its English sentence.

    Values may come out of the file: they are cut to a line of printable characters.
    """
    shown = {key: _printable(value) for key, value in values.items()}
    detail = fill(FINDINGS[code], shown)
    return Finding(
        code, severity, detail, revision, page, object_number, offset, tuple(shown.items())
    )


def finding(
    code: str,
    severity: Severity,
    *,
    revision: int | None = None,
    page: int | None = None,
    object_number: int | None = None,
    offset: int | None = None,
    **values: str | int,
) -> Finding:
    """Return :func:`finding_with` the ``values`` named one by one."""
    return finding_with(
        code,
        severity,
        values,
        revision=revision,
        page=page,
        object_number=object_number,
        offset=offset,
    )


def leniencies(deviations: Iterable[str]) -> tuple[Finding, ...]:
    """Name what a container was put up with for: nothing signed, but others may refuse it."""
    code = "container_read_leniently"
    return tuple(finding(code, Severity.WARNING, reason=what) for what in deviations)


def reason_of(error: InputError | RefusedError) -> str:
    """Return why something could not be read, as part of a sentence."""
    return str(error.values.get("detail", error.detail)).rstrip(".")


def _printable(value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value[:_MAX_TEXT])
