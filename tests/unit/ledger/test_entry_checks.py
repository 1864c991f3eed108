"""Rules on single entries that no database would let anybody break."""

from antin.ledger.draft import Act, Draft
from antin.ledger.entry_checks import EntryChecks
from antin.ledger.log import Placed, Tip, place
from antin.ledger.report import MAX_FINDINGS, Collector, LedgerConclusion, LedgerReport

SEED = b"\x07" * 32
DRAFTS = (Draft("agency/a", "x.y", {}), Draft("agency/a", "x.z", {}))


def check(*placed: Placed) -> list[str]:
    found = Collector()
    checks = EntryChecks(found, [(one.row.index, one.payload) for one in placed])
    for one in placed:
        checks.check(one.row)
    checks.finish()
    return [one.code for one in found.found]


def placed(request: str, size: int, before: tuple[Placed, ...] = ()) -> tuple[Placed, ...]:
    tips = {one.row.stream: Tip(one.row.n, one.row.leaf) for one in before}
    return place(Act("system", request, 5, SEED), DRAFTS, size, tips)


def test_requests_one_after_the_other_are_fine() -> None:
    first = placed("one", 0)
    assert check(*first, *placed("two", 2, first)) == []


def test_a_request_that_comes_back_is_found() -> None:
    first = placed("one", 0)
    second = placed("two", 2, first)
    assert check(*first, *second, *placed("one", 4, second)) == ["request_repeated"]


def test_a_request_that_starts_in_its_middle_is_found() -> None:
    first = placed("one", 0)
    codes = check(first[1])
    assert "request_repeated" in codes


def report_of(found: Collector) -> LedgerReport:
    return LedgerReport("o", 1, b"", 1, 1, tuple(found.found), found.left_off)


def test_findings_are_bounded_and_an_error_is_never_left_off() -> None:
    found = Collector()
    for index in range(MAX_FINDINGS + 50):
        found.warning("payload_missing", index=index)
    assert report_of(found).conclusion is LedgerConclusion.INDETERMINATE
    found.error("payload_altered", index=1)
    report = report_of(found)
    assert len(report.findings) == MAX_FINDINGS
    assert report.left_off == 51
    assert report.conclusion is LedgerConclusion.FAILED


def test_long_values_are_cut() -> None:
    found = Collector()
    found.error("column_altered", index=1, column="actor", expected="a", found="x" * 10_000)
    assert len(found.found[0].detail) < 500
