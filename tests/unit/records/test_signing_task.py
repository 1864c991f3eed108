from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from antin.core.errors import ConflictError
from antin.records.signing_task import OPEN_STATES, Actor, SigningTask, TaskState

S = TaskState
NOW = datetime(2026, 11, 22, tzinfo=UTC)
WEEK = timedelta(days=7)
ENDS = {S.COMPLETED, S.DECLINED, S.EXPIRED, S.CANCELLED, S.FAILED}
ASKER, SIGNER, SYSTEM = Actor
# Written out, not derived from the code: this table is what the code is held to.
_UNSIGNED_ENDS = {
    S.DECLINED: {SIGNER},
    S.EXPIRED: {SYSTEM},
    S.CANCELLED: {ASKER, SYSTEM},
}
ALLOWED: dict[TaskState, dict[TaskState, set[Actor]]] = {
    S.CREATED: {S.OFFERED: {SIGNER, SYSTEM}, S.PREPARED: {SIGNER}, **_UNSIGNED_ENDS},
    S.OFFERED: {S.PREPARED: {SIGNER}, **_UNSIGNED_ENDS},
    S.PREPARED: {
        S.OFFERED: {SYSTEM},
        S.PREPARED: {SIGNER},
        S.SIGNED: {SIGNER},
        **_UNSIGNED_ENDS,
    },
    S.SIGNED: {S.COMPLETED: {SYSTEM}, S.FAILED: {SYSTEM, ASKER}},
    S.COMPLETED: {},
    S.DECLINED: {},
    S.EXPIRED: {},
    S.CANCELLED: {},
    S.FAILED: {},
}


def task(state: TaskState = S.CREATED) -> SigningTask:
    return SigningTask("t1", "d1", "a1", "v1", "u1", state, NOW, NOW + WEEK, "g1")


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
@pytest.mark.parametrize("by", Actor)
def test_every_step_is_allowed_or_refused_as_the_table_says(
    before: TaskState, after: TaskState, by: Actor
) -> None:
    if by in ALLOWED[before].get(after, set()):
        assert task(before).to(after, by) == task(after)
        return
    with pytest.raises(ConflictError) as caught:
        task(before).to(after, by)
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

    @rule(state=st.sampled_from(S), by=st.sampled_from(Actor))
    def step(self, state: TaskState, by: Actor) -> None:
        try:
            moved = self.task.to(state, by)
        except ConflictError as error:
            assert error.code == "task_state"  # noqa: PT017 — a rule has many ends, one is this
            return
        self.task = moved
        self.seen.append(state)

    @rule(value=st.binary(min_size=1, max_size=3))
    def sign(self, value: bytes) -> None:
        try:
            self.task.require_not_expired(self.now)
            signed = replace(self.task.to(S.SIGNED, SIGNER), signature=value)
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
