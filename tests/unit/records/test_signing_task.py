from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from antin.core.errors import ConflictError
from antin.records.signing_task import OPEN_STATES, SigningTask, TaskState

S = TaskState
NOW = datetime(2026, 11, 22, tzinfo=UTC)
WEEK = timedelta(days=7)
EARLY_ENDS = {S.DECLINED, S.EXPIRED, S.CANCELLED, S.FAILED}
ENDS = EARLY_ENDS | {S.COMPLETED}
# Written out, not derived from the code: this table is what the code is held to.
ALLOWED = {
    S.CREATED: {S.OFFERED, S.PREPARED, S.DECLINED, S.EXPIRED, S.CANCELLED, S.FAILED},
    S.OFFERED: {S.PREPARED, S.DECLINED, S.EXPIRED, S.CANCELLED, S.FAILED},
    S.PREPARED: {S.PREPARED, S.SIGNED, S.DECLINED, S.EXPIRED, S.CANCELLED, S.FAILED},
    S.SIGNED: {S.COMPLETED, S.FAILED},
    S.COMPLETED: set[S](),
    S.DECLINED: set[S](),
    S.EXPIRED: set[S](),
    S.CANCELLED: set[S](),
    S.FAILED: set[S](),
}


def task(state: TaskState = S.CREATED) -> SigningTask:
    return SigningTask("t1", "d1", "a1", "v1", "u1", state, NOW, NOW + WEEK)


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
def test_every_step_is_allowed_or_refused_as_the_table_says(
    before: TaskState, after: TaskState
) -> None:
    if after in ALLOWED[before]:
        assert task(before).to(after) == task(after)
        return
    with pytest.raises(ConflictError) as caught:
        task(before).to(after)
    assert caught.value.code == "task_state"
    assert caught.value.values == {"state": before.value}


def test_a_task_holds_its_document_until_it_ends() -> None:
    assert set(S) - ENDS == OPEN_STATES


@pytest.mark.parametrize("state", [S.CREATED, S.OFFERED, S.PREPARED])
def test_a_task_waits_to_before_its_last_moment(state: TaskState) -> None:
    task(state).require_not_expired(NOW + WEEK - timedelta(microseconds=1))
    with pytest.raises(ConflictError) as caught:
        task(state).require_not_expired(NOW + WEEK)
    assert caught.value.code == "task_expired"


def test_a_given_signature_does_not_expire() -> None:
    task(S.SIGNED).require_not_expired(NOW + 10 * WEEK)


def test_an_expired_task_says_so_at_any_time() -> None:
    with pytest.raises(ConflictError) as caught:
        task(S.EXPIRED).require_not_expired(NOW)
    assert caught.value.code == "task_expired"


class SigningTaskMachine(RuleBasedStateMachine):
    """Any steps in any order, as hostile or unlucky callers would try them."""

    def __init__(self) -> None:
        super().__init__()
        self.task = task()
        self.now = NOW
        self.seen = [S.CREATED]
        self.value: bytes | None = None

    @rule(state=st.sampled_from(S))
    def step(self, state: TaskState) -> None:
        try:
            moved = self.task.to(state)
        except ConflictError as error:
            assert error.code == "task_state"  # noqa: PT017 — a rule has many ends, one is this
            return
        self.task = moved
        self.seen.append(state)

    @rule(value=st.binary(min_size=1, max_size=3))
    def sign(self, value: bytes) -> None:
        try:
            self.task.require_not_expired(self.now)
            signed = replace(self.task.to(S.SIGNED), signature=value)
        except ConflictError:
            return
        assert self.value is None
        assert self.now < self.task.expires_at
        self.task, self.value = signed, value
        self.seen.append(S.SIGNED)

    @rule(days=st.integers(0, 4))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @invariant()
    def a_signature_once_given_is_never_lost_or_replaced(self) -> None:
        assert self.task.signature == self.value
        if S.SIGNED in self.seen:
            later = self.seen[self.seen.index(S.SIGNED) + 1 :]
            assert set(later) <= {S.COMPLETED, S.FAILED}

    @invariant()
    def an_end_is_the_end(self) -> None:
        assert not ENDS & set(self.seen[:-1])

    @invariant()
    def nothing_completes_without_having_been_signed(self) -> None:
        assert S.COMPLETED not in self.seen or S.SIGNED in self.seen


TestSigningTaskMachine = SigningTaskMachine.TestCase
