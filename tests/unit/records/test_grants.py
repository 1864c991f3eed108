from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from antin.core.errors import AntinError
from antin.records.grants import (
    Grant,
    Principal,
    Role,
    User,
    principal_of,
    require_member,
    require_role,
)

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
USER = User("u1", "Nguyễn Văn A", NOW)
OURS, THEIRS = "agency-1", "agency-2"
CLERK = Principal("u1", "Nguyễn Văn A", frozenset({(Role.CLERK, OURS)}))


def grant(role: Role, since: datetime, until: datetime | None = None) -> Grant:
    return Grant("g", USER.id, role, OURS, since, until)


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(AntinError) as caught:
        action()
    return caught.value.code


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [
        (NOW - HOUR, None, True),
        (NOW, None, True),
        (NOW + timedelta(microseconds=1), None, False),
        (NOW - HOUR, NOW + timedelta(microseconds=1), True),
        (NOW - HOUR, NOW, False),
        (NOW - HOUR, NOW - HOUR, False),
    ],
)
def test_a_role_holds_from_its_first_moment_to_before_its_last(
    since: datetime, until: datetime | None, *, holds: bool
) -> None:
    principal = principal_of(USER, [grant(Role.CLERK, since, until)], NOW)
    assert principal.has(Role.CLERK, OURS) is holds
    assert principal.agencies() == ({OURS} if holds else frozenset())


def test_roles_of_several_grants_add_up() -> None:
    grants = [grant(Role.CLERK, NOW), grant(Role.SIGNER, NOW), grant(Role.AUDITOR, NOW + HOUR)]
    principal = principal_of(USER, grants, NOW)
    assert principal.roles == {(Role.CLERK, OURS), (Role.SIGNER, OURS)}
    assert (principal.id, principal.name) == (USER.id, USER.name)


def test_a_role_in_one_agency_is_none_in_another() -> None:
    assert not CLERK.has(Role.CLERK, THEIRS)


def test_the_right_role_passes() -> None:
    require_member(CLERK, OURS, "record_not_found")
    require_role(CLERK, (Role.SIGNER, Role.CLERK), OURS, "record_not_found")


def test_the_wrong_role_is_told_which_one_is_needed() -> None:
    with pytest.raises(AntinError) as caught:
        require_role(CLERK, (Role.RECORDS_MANAGER, Role.AUDITOR), OURS, "record_not_found")
    assert caught.value.code == "role_missing"
    assert caught.value.values == {"role": ("records_manager", "auditor")}


def test_another_agencys_thing_does_not_exist() -> None:
    assert code_of(lambda: require_member(CLERK, THEIRS, "record_not_found")) == "record_not_found"
    # Even where the role would be the right one: a 403 would tell that the thing is there.
    assert (
        code_of(lambda: require_role(CLERK, (Role.CLERK,), THEIRS, "task_not_found"))
        == "task_not_found"
    )


def test_a_principal_without_any_role_sees_nothing() -> None:
    nobody = Principal("u9", "Trần Thị B")
    assert code_of(lambda: require_member(nobody, OURS, "agency_not_found")) == "agency_not_found"
