"""What exactly is found for each attack: every finding, with its place and its values.

``findings.txt`` lists them, attack by attack. When a rule changes, ``ANTIN_UPDATE_FINDINGS=1``
writes it anew; what is different then has to be looked at line by line.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from antin.verifier.report import Finding, Report
from tests.attacks.bases import office
from tests.attacks.registry import ATTACKS
from tests.attacks.test_attacks import signed_by
from tests.signedpdf import check

LIST: Final = Path(__file__).with_name("findings.txt")
LISTED: Final = dict(
    block.partition("\n")[::2] for block in LIST.read_text().strip().split("\n\n") if block
)
_FREE: Final = frozenset({"reason"})
"""Values that are words, or that differ from key to key."""


def told(report: Report) -> str:
    """Return the findings of a report, a line each, under a line for each signature."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from map(_line, report.findings)
    for number, signature in enumerate(report.signatures, start=1):
        level = signature.changes_after.level or "not told"
        yield f"  signature {number}: {signature.indication}, changes: {level}"
        yield from map(_line, (*signature.findings, *signature.warnings))


def _line(found: Finding) -> str:
    places = ("revision", found.revision), ("page", found.page), ("object", found.object_number)
    values = [(key, value) for key, value in found.values if key not in _FREE]
    told_of = [f"{key}={value}" for key, value in (*places, *values) if value is not None]
    return "; ".join([f"  {found.severity} {found.code}", *told_of])


@pytest.mark.parametrize("name", ATTACKS)
def test_findings_of_an_attack_are_those_listed(name: str) -> None:
    report = check(ATTACKS[name].alter(signed_by("antin")), office().trust)
    if os.environ.get("ANTIN_UPDATE_FINDINGS"):
        LISTED[name] = told(report)
        blocks = (f"{one}\n{LISTED[one]}\n" for one in ATTACKS if one in LISTED)
        LIST.write_text("\n".join(blocks))
    assert told(report) == LISTED[name]


def test_nothing_else_is_listed() -> None:
    assert list(LISTED) == list(ATTACKS)
