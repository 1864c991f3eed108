"""Rules on single entries that no database would let anybody break."""

from antin.ledger.checking.entries import EntryChecks
from antin.ledger.checking.report import MAX_FINDINGS, Collector, LedgerConclusion, LedgerReport
from antin.ledger.draft import Act, Draft
from antin.ledger.log import Placed, Tip, place

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


HOUR = 3_600_000_000


def times(*micros: int) -> list[dict[str, object]]:
    """Return what is said of entries with these times, one request each."""
    found = Collector()
    checks = EntryChecks(found, ())
    for index, at in enumerate(micros):
        act = Act("system", f"request-{index}", at, SEED)
        (one,) = place(act, [Draft(f"record/{index}", "x.y", {})], index, {})
        checks.check(one.row)
    checks.finish()
    assert all(one.code in {"payload_missing", "clock_set_back"} for one in found.found)
    return [dict(one.values) for one in found.found if one.code == "clock_set_back"]


def test_a_clock_that_was_set_back_is_told_once_for_its_largest_step() -> None:
    assert times(9 * HOUR, 9 * HOUR + 1, 7 * HOUR, 5 * HOUR, 6 * HOUR, 10 * HOUR) == [
        {"index": 3, "seconds": 4 * 3600, "count": 3}
    ]


def test_work_that_took_an_hour_is_no_news() -> None:
    assert times(9 * HOUR, 8 * HOUR, 9 * HOUR) == []
