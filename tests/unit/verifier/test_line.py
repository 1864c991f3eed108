"""One line for each of many files: as much of the reasons as fits."""

from dataclasses import replace

import pytest

from antin.verifier.report import Severity
from antin.verifier.writers.line import WIDTH, to_line
from tests.reports import ALL, FAILED, HIDDEN, PASSED, UNREADABLE


@pytest.mark.parametrize("name", ALL)
def test_a_line_fits_and_begins_with_name_and_verdict(name: str) -> None:
    report = ALL[name]
    line = to_line(report, str)
    assert line.startswith(f"{report.file}: {report.conclusion}")
    assert len(line) <= max(WIDTH, len(f"{report.file}: {report.conclusion}"))
    assert "\n" not in line


def test_what_passed_needs_no_reasons() -> None:
    assert to_line(PASSED, str) == f"{PASSED.file}: TOTAL-PASSED"


def test_reasons_are_of_the_file_and_of_what_did_not_pass() -> None:
    short = replace(HIDDEN, file="a.pdf", signatures=())
    (found, *_) = [one for one in HIDDEN.findings if one.severity is Severity.ERROR]
    assert to_line(short, str)[:40] == f"a.pdf: {HIDDEN.conclusion} ({found.detail}"[:40]
    (bad,) = FAILED.signatures[:1]
    assert f"({bad.field}: {bad.sub_indication}" in to_line(replace(FAILED, file="a.pdf"), str)
    both = replace(FAILED, file="a.pdf", signatures=(*PASSED.signatures, bad))
    assert f"({bad.field}: {bad.sub_indication}" in to_line(both, str)


def test_a_name_without_end_is_not_cut_and_leaves_no_room() -> None:
    name = "n" * 90
    assert to_line(replace(UNREADABLE, file=name), str) == f"{name}: UNREADABLE"
    assert to_line(replace(UNREADABLE, file="n" * 50), str).endswith("…)")
