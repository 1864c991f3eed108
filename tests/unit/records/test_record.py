from datetime import UTC, date, datetime

import pytest

from antin.core.errors import ConflictError
from antin.records.record import Record, RecordState

ALLOWED = {
    (RecordState.OPEN, RecordState.CLOSING),
    (RecordState.CLOSING, RecordState.OPEN),
    (RecordState.CLOSING, RecordState.CLOSED),
}
PAIRS = [(one, other) for one in RecordState for other in RecordState]


def record(state: RecordState) -> Record:
    return Record(
        id="r1",
        agency_id="a1",
        code_notation="01.TCCB",
        title="Hồ sơ mẫu",
        retention="06",
        creator="Nguyễn Văn A",
        start_date=date(2026, 1, 5),
        created_at=datetime(2026, 1, 5, tzinfo=UTC),
        state=state,
    )


@pytest.mark.parametrize(("before", "after"), sorted(ALLOWED))
def test_steps_that_exist(before: RecordState, after: RecordState) -> None:
    assert record(before).to(after) == record(after)


@pytest.mark.parametrize(("before", "after"), [pair for pair in PAIRS if pair not in ALLOWED])
def test_steps_that_do_not_exist(before: RecordState, after: RecordState) -> None:
    with pytest.raises(ConflictError) as caught:
        record(before).to(after)
    assert caught.value.code == "record_not_open"
    assert caught.value.values == {"state": before.value}


@pytest.mark.requirement("REC-10")
@pytest.mark.parametrize("state", [RecordState.CLOSING, RecordState.CLOSED])
def test_only_an_open_record_takes_changes(state: RecordState) -> None:
    record(RecordState.OPEN).require_open()
    with pytest.raises(ConflictError) as caught:
        record(state).require_open()
    assert caught.value.code == "record_closed"
    assert caught.value.values == {"state": state.value}
