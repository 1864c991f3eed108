"""Any steps by anybody in any order: a task ends up where the table of states says, or stays."""

import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from antin.core.errors import AntinError, UnavailableError
from antin.flows import desk, filing, jobs
from antin.records.signing_group import SigningOrder
from antin.records.signing_task import STEPS, Actor, SigningTask, TaskState
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import row_findings
from tests.office import make_office
from tests.trustworld import TrustWorld

S = TaskState
OFFICERS = ("officer-a", "officer-b")
ANYBODY = (*OFFICERS, "clerk", "manager", "auditor", "outsider")
_ASKERS = {"clerk", "manager", *OFFICERS}
REFUSALS = {
    "document_changed",
    "not_the_signer",
    "role_missing",
    "signature_in_progress",
    "task_expired",
    "task_not_found",
    "task_not_in_turn",
    "task_state",
}


class Dead:
    def request(self, query: bytes) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="http://tsa", detail="dead")


class DeskMachine(RuleBasedStateMachine):
    """Two officers are asked; whoever it may be tries whatever there is."""

    world: ClassVar[TrustWorld]

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self.office = make_office(MemoryUnitOfWork(), Path(self._folder.name), self.world)
        self.before: dict[str, TaskState] = {}

    def teardown(self) -> None:
        assert row_findings(self.office.services.work) == []
        self._folder.cleanup()

    @initialize(order=st.sampled_from(SigningOrder))
    def ask(self, order: SigningOrder) -> None:
        self.document = self.office.upload()
        self.group, self.tasks = self.office.ask_group(self.document, order, *OFFICERS)
        self.before = dict.fromkeys(self.tasks.values(), S.CREATED)

    # --- what somebody may try -----------------------------------------------------------------

    @rule(who=st.sampled_from(ANYBODY), whose=st.sampled_from(OFFICERS))
    def open_it(self, who: str, whose: str) -> None:
        with self.attempt(whose, Actor.SIGNER if who == whose else None):
            desk.get_task(self.office.services, self.office.people[who], self.tasks[whose])

    @rule(who=st.sampled_from(ANYBODY), whose=st.sampled_from(OFFICERS))
    def prepare(self, who: str, whose: str) -> None:
        with self.attempt(whose, Actor.SIGNER if who == whose else None):
            call, choice = self.office.call(who), self.office.choice(whose)
            desk.prepare(self.office.services, call, self.tasks[whose], choice)

    @rule(who=st.sampled_from(ANYBODY), whose=st.sampled_from(OFFICERS), alive=st.booleans())
    def complete(self, who: str, whose: str, *, alive: bool) -> None:
        kept = self.stored(whose)
        if kept.preparation is None:
            return
        value = kept.signature or self.office.key(whose).sign(kept.preparation.signed_attributes)
        ours = self.office if alive else self.office.without(timestamps=Dead())
        with self.attempt(whose, Actor.SIGNER if who == whose else None):
            desk.complete(ours.services, self.office.call(who), self.tasks[whose], value)

    @rule(who=st.sampled_from(ANYBODY), whose=st.sampled_from(OFFICERS))
    def decline(self, who: str, whose: str) -> None:
        with self.attempt(whose, Actor.SIGNER if who == whose else None):
            desk.decline(self.office.services, self.office.call(who), self.tasks[whose], "no")

    @rule(who=st.sampled_from(ANYBODY), whose=st.sampled_from(OFFICERS))
    def cancel(self, who: str, whose: str) -> None:
        with self.attempt(whose, Actor.ASKER if who in _ASKERS else None):
            desk.cancel(self.office.services, self.office.call(who), self.tasks[whose])

    @rule(hours=st.sampled_from((1, 60)))
    def wait_and_sweep(self, hours: int) -> None:
        self.office.pass_time(timedelta(hours=hours))
        jobs.sweep(self.office.services)
        self.office.queue.run_all(self.office.services)
        self.settle(Actor.SYSTEM, ())

    # --- what must hold ------------------------------------------------------------------------

    @contextmanager
    def attempt(self, whose: str, by: Actor | None) -> Iterator[None]:
        """Try a step; ``by`` None: by somebody who may not take any."""
        code = ""
        try:
            yield
        except AntinError as error:
            code = error.code
            assert code in REFUSALS, error  # noqa: PT017 — a step has many ends, one is this
        self.settle(by, () if code else (self.tasks[whose],))

    def settle(self, by: Actor | None, meant: tuple[str, ...]) -> None:
        """Check each task's step since the last look against the table of states."""
        for task_id, before in self.before.items():
            after = TaskState(self.office.state(task_id))
            if after is before:
                continue
            allowed = {Actor.SYSTEM} if task_id not in meant else {Actor.SYSTEM, by}
            assert _reaches(before, after, allowed), (before, after, by)
            self.before[task_id] = after

    def stored(self, whose: str) -> SigningTask:
        task = self.office.services.work.read(lambda stores: stores.tasks.get(self.tasks[whose]))
        assert task is not None
        return task

    @invariant()
    def revisions_stand_in_one_line(self) -> None:
        if not self.before:
            return
        shown: Any = filing.list_revisions(
            self.office.services, self.office.people["clerk"], self.document
        )
        done = [self.stored(who) for who in OFFICERS if self.state(who) is S.COMPLETED]
        assert len(shown) == 1 + len(done)
        results = {task.result_revision_id for task in done}
        assert results == {revision["id"] for revision in shown[1:]}
        assert sum(self.state(who) is S.SIGNED for who in OFFICERS) <= 1

    @invariant()
    def every_step_has_its_entry(self) -> None:
        if self.before:
            actions = self.office.actions(f"document/{self.document}")
            done = sum(self.state(who) is S.COMPLETED for who in OFFICERS)
            assert actions.count("document.signed") == done
            for state in (S.DECLINED, S.CANCELLED, S.EXPIRED):
                ended = sum(self.state(who) is state for who in OFFICERS)
                assert actions.count(f"task.{state.value.lower()}") == ended

    @invariant()
    def the_group_is_open_as_long_as_a_task_is(self) -> None:
        if self.before:
            group = self.office.services.work.read(
                lambda stores: stores.groups.open_for(self.document)
            )
            waiting = any(self.state(who) in STEPS for who in OFFICERS)
            assert (group is not None) == waiting

    @invariant()
    def what_was_given_is_kept(self) -> None:
        for who in OFFICERS if self.before else ():
            task = self.stored(who)
            assert (task.signature is not None) == (task.state in {S.SIGNED, S.COMPLETED, S.FAILED})

    def state(self, who: str) -> TaskState:
        return self.stored(who).state


def _reaches(before: TaskState, after: TaskState, by: AbstractSet[Actor | None]) -> bool:
    """Tell whether one request takes a task there: a step, or one that the service adds to it."""
    steps = STEPS.get(before, {})
    if by & steps.get(after, frozenset()):
        return True
    return any(
        by & actors and by & STEPS.get(between, {}).get(after, frozenset())
        for between, actors in steps.items()
    )


@pytest.mark.soak
def test_any_steps_by_anybody(trust_world: TrustWorld) -> None:
    DeskMachine.world = trust_world
    run_state_machine_as_test(
        DeskMachine,
        settings=settings(
            max_examples=400 if os.environ.get("ANTIN_SOAK") else 12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_check_would_notice_a_step_that_nobody_may_take() -> None:
    assert not _reaches(S.CREATED, S.PREPARED, {Actor.SYSTEM, None})
    assert not _reaches(S.SIGNED, S.CANCELLED, set(Actor))
    assert _reaches(S.PREPARED, S.COMPLETED, {Actor.SYSTEM, Actor.SIGNER})
