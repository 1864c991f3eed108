"""A report can't be mistaken for success, and says in one line why it is none."""

from dataclasses import replace

import pytest

from antin.core.errors import RefusedError
from antin.verifier.findings import finding
from antin.verifier.report import Conclusion, Report, Severity
from tests.reports import ADDED, ALL, FAILED, HIDDEN, PASSED, SIGNATURE, UNREADABLE, UNSIGNED


@pytest.mark.parametrize("name", ALL)
def test_whatever_did_not_pass_raises(name: str) -> None:
    report = ALL[name]
    if report.conclusion is Conclusion.PASSED:
        report.raise_if_not_passed()
        assert report.why_not() == ""
        return
    with pytest.raises(RefusedError) as caught:
        report.raise_if_not_passed()
    assert caught.value.code == "result_not_valid"
    assert caught.value.values["detail"] == report.why_not()


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (UNSIGNED, "NO-SIGNATURE"),
        (UNREADABLE, "UNREADABLE (The file is not a PDF: it has no %PDF header.)"),
        (FAILED, f"TOTAL-FAILED (Sig1: FORMAT_FAILURE; {ADDED.detail})"),
        (HIDDEN, f"TOTAL-FAILED ({HIDDEN.findings[0].detail})"),
    ],
    ids=range(4),
)
def test_the_line_names_what_is_wrong(report: Report, line: str) -> None:
    assert report.why_not() == line


def test_the_line_leaves_out_what_is_in_order() -> None:
    odd = finding("pdf_size_too_small", Severity.WARNING)
    beside = (SIGNATURE, replace(FAILED.signatures[0], findings=(odd,)))
    report = replace(FAILED, findings=(odd,), signatures=beside)
    assert report.why_not() == "TOTAL-FAILED (Sig1: FORMAT_FAILURE)"
    assert replace(PASSED, findings=(odd,)).why_not() == ""
