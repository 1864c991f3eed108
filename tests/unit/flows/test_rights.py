"""Who may do what: another agency's things do not exist, a wrong role is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from antin.core.errors import AntinError, AuthenticationError, ForbiddenError, NotFoundError
from antin.flows import administration, close, desk, filing, seal
from antin.records.grants import Role
from tests.office import Office

Step = Callable[[Office, str, dict[str, str]], Any]


def _steps() -> dict[str, tuple[Step, str, str]]:
    """Return per step: how to do it, a role that may not, the code for an outsider."""
    return {
        "read document": (
            lambda o, who, i: filing.get_document(o.services, o.people[who], i["document"]),
            "",
            "document_not_found",
        ),
        "ask for a signature": (
            lambda o, who, i: desk.ask(
                o.services, o.call(who), desk.NewTask(i["document"], o.people["officer-a"].id)
            ),
            "auditor",
            "document_not_found",
        ),
        "prepare": (
            lambda o, who, i: desk.prepare(
                o.services, o.call(who), i["task"], o.choice("officer-a")
            ),
            "clerk",
            "task_not_found",
        ),
        "seal": (
            lambda o, who, i: seal.seal_document(o.services, o.call(who), seal.NewSeal(i["other"])),
            "manager",
            "document_not_found",
        ),
        "close": (
            lambda o, who, i: close.request_close(o.services, o.call(who), i["record"]),
            "clerk",
            "record_not_found",
        ),
        "add to record": (
            lambda o, who, i: filing.add_to_record(
                o.services, o.call(who), i["record"], i["document"]
            ),
            "officer-a",
            "record_not_found",
        ),
        "note a change": (
            lambda o, who, i: filing.note_change(
                o.services, o.call(who), i["record"], "draft.saved", {}
            ),
            "auditor",
            "record_not_found",
        ),
        "make a user": (
            lambda o, who, i: administration.create_user(
                o.services, o.call(who), "X", o.agency_id, (Role.CLERK,)
            ),
            "clerk",
            "agency_not_found",
        ),
        "make a catalogue": (
            lambda o, who, i: filing.create_catalogue(
                o.services, o.call(who), o.agency_id, 2026, "Danh mục", ()
            ),
            "clerk",
            "agency_not_found",
        ),
    }


@pytest.fixture
def ids(office: Office) -> dict[str, str]:
    document = office.upload(title="One")
    return {
        "document": office.upload(title="Two"),
        "other": office.upload(title="Three"),
        "task": office.ask(document),
        "record": office.record(),
    }


@pytest.mark.parametrize("name", sorted(_steps()))
def test_an_outsider_finds_nothing(office: Office, ids: dict[str, str], name: str) -> None:
    step, _, code = _steps()[name]
    with pytest.raises(NotFoundError) as caught:
        step(office, "outsider", ids)
    assert caught.value.code == code


@pytest.mark.parametrize("name", sorted(n for n, (_, wrong, _) in _steps().items() if wrong))
def test_the_wrong_role_is_refused(office: Office, ids: dict[str, str], name: str) -> None:
    step, wrong, _ = _steps()[name]
    with pytest.raises(ForbiddenError) as caught:
        step(office, wrong, ids)
    assert caught.value.code == "role_missing"


def test_a_task_belongs_to_its_officer_alone(office: Office) -> None:
    task = office.ask(office.upload())
    with pytest.raises(ForbiddenError) as caught:
        office.prepare(task, "officer-b")
    assert caught.value.code == "not_the_signer"


@pytest.mark.parametrize("secret", ["", "nonsense", "x" * 10_000])
def test_nobody_is_let_in_by_a_wrong_key(office: Office, secret: str) -> None:
    with pytest.raises(AuthenticationError) as caught:
        administration.authenticate(office.services, secret)
    assert caught.value.code == "not_authenticated"


def test_a_revoked_key_opens_nothing(office: Office) -> None:
    services = office.services
    user = office.people["clerk"].id
    view, secret = administration.create_api_key(services, office.call("admin"), user, "second")
    assert secret is not None
    assert administration.authenticate(services, secret).id == user
    administration.revoke_api_key(services, office.call("admin"), str(view["id"]))
    with pytest.raises(AuthenticationError):
        administration.authenticate(services, secret)


def test_what_is_no_key_of_theirs_does_not_exist_for_an_administrator(office: Office) -> None:
    """An unknown key, another agency's, and one of somebody who acts in both alike."""
    services = office.services
    keys = {
        who: administration.create_api_key(services, office.call("admin"), user.id, "second")[0]
        for who, user in office.people.items()
        if who in {"clerk", "admin"}
    }
    foreign = [str(view["id"]) for view in keys.values()]
    for key in ("nonsense", *foreign):
        with pytest.raises(NotFoundError) as caught:
            administration.revoke_api_key(services, office.call("outsider"), key)
        assert caught.value.code == "api_key_not_found"
    listed = administration.list_api_keys(services, office.people["admin"])
    mine = {view["id"]: view["revoked_at"] for view in listed}
    assert [mine[key] for key in foreign] == [None, None]


def test_a_key_is_shown_once(office: Office) -> None:
    call = office.call("admin", "keys", "the-same-key", "the-same-request")
    again = office.call("admin", "keys", "the-same-key", "the-same-request")
    user = office.people["clerk"].id
    view, secret = administration.create_api_key(office.services, call, user, "second")
    replayed, nothing = administration.create_api_key(office.services, again, user, "second")
    assert secret
    assert nothing is None
    assert replayed == view
    assert secret not in str(view)


def test_an_administrator_opens_no_door_to_another_agency(office: Office) -> None:
    """A key for somebody who acts elsewhere would open that place, too."""
    with pytest.raises(AntinError) as caught:
        administration.create_api_key(
            office.services, office.call("outsider"), office.people["admin"].id, "mine now"
        )
    assert caught.value.code in {"user_not_found", "role_missing"}
