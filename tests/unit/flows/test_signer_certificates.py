"""Whose certificate it is: only what an administrator registered signs a task."""

import pytest

from antin.core.errors import AntinError, NotFoundError, RefusedError
from antin.flows import desk, signer_certificates
from antin.flows.signer_certificates import NewCertificate
from tests.office import Office

pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
NUMBER = "CCCD:001099000001"


def register(office: Office, who: str = "admin", **new: object) -> str:
    made = NewCertificate(office.people["officer-a"].id, **new)  # type: ignore[arg-type]  # a test's values
    view = signer_certificates.register_certificate(office.services, office.call(who), made)
    return str(view["id"])


def registered(office: Office) -> list[str]:
    me = office.people["officer-a"]
    found = signer_certificates.list_certificates(office.services, me, me.id)
    return [str(one["id"]) for one in found if one["removed_at"] is None]


def remove(office: Office, certificate: str, who: str = "admin") -> None:
    signer_certificates.remove_certificate(office.services, office.call(who), certificate)


def test_a_colleagues_certificate_is_refused(office: Office) -> None:
    """Trusted, good for signing, and somebody else's."""
    task = office.ask(office.upload())
    choice = office.choice("officer-a", office.key("officer-b"))
    with pytest.raises(RefusedError) as caught:
        desk.prepare(office.services, office.call("officer-a"), task, choice)
    assert caught.value.code == "certificate_not_registered"
    assert office.state(task) == "CREATED"


def test_another_agencys_seal_does_not_sign_a_task(office: Office) -> None:
    task = office.ask(office.upload())
    choice = office.choice("officer-a", office.world.agency_seal)
    with pytest.raises(RefusedError) as caught:
        desk.prepare(office.services, office.call("officer-a"), task, choice)
    assert caught.value.code == "certificate_not_registered"


def test_a_certificate_that_is_removed_before_the_value_comes_is_refused(office: Office) -> None:
    task = office.ask(office.upload())
    office.prepare(task)
    value = office.key("officer-a").sign(office.attributes(task))
    for certificate in registered(office):
        remove(office, certificate)
    with pytest.raises(RefusedError) as caught:
        desk.complete(office.services, office.call("officer-a"), task, value)
    assert caught.value.code == "certificate_not_registered"
    assert office.state(task) == "PREPARED"


def test_a_personal_number_stands_for_every_certificate_that_carries_it(office: Office) -> None:
    task = office.ask(office.upload(), "officer-a")
    key = office.world.issue(number=NUMBER)
    with pytest.raises(RefusedError):
        desk.prepare(
            office.services, office.call("officer-a"), task, office.choice("officer-a", key)
        )
    register(office, identity=NUMBER)
    desk.prepare(office.services, office.call("officer-a"), task, office.choice("officer-a", key))
    value = key.sign(office.attributes(task))
    done = desk.complete(office.services, office.call("officer-a"), task, value)
    assert done["state"] == "COMPLETED"


@pytest.mark.parametrize("number", ["CCCD:00109900000", "001099000001", "cccd:001099000001"])
def test_another_number_is_another_person(office: Office, number: str) -> None:
    register(office, identity=number)
    task = office.ask(office.upload(), "officer-a")
    choice = office.choice("officer-a", office.world.issue(number=NUMBER))
    with pytest.raises(RefusedError) as caught:
        desk.prepare(office.services, office.call("officer-a"), task, choice)
    assert caught.value.code == "certificate_not_registered"


def test_what_is_registered_is_in_the_agencys_ledger(office: Office) -> None:
    certificate = register(office, identity=NUMBER, label="Nguyễn Văn A")
    remove(office, certificate)
    remove(office, certificate)
    assert office.actions(f"agency/{office.agency_id}")[-3:] == [
        "certificate.registered",
        "certificate.removed",
        "certificate.removed",
    ]
    me = office.people["officer-a"]
    listed = signer_certificates.list_certificates(office.services, office.people["admin"], me.id)
    assert [one["label"] for one in listed][-1] == "Nguyễn Văn A"


@pytest.mark.parametrize(
    ("who", "code"),
    [("officer-a", "role_missing"), ("clerk", "role_missing"), ("outsider", "user_not_found")],
)
def test_only_an_administrator_registers(office: Office, who: str, code: str) -> None:
    with pytest.raises(AntinError) as caught:
        register(office, who, identity="CCCD:1")
    assert caught.value.code == code


def test_what_is_not_theirs_is_not_removed_or_listed(office: Office) -> None:
    (certificate,) = registered(office)
    for who in ("outsider",):
        with pytest.raises(NotFoundError) as caught:
            remove(office, certificate, who)
        assert caught.value.code == "certificate_not_found"
    with pytest.raises(AntinError) as refused:
        remove(office, certificate, "officer-a")
    assert refused.value.code == "role_missing"
    with pytest.raises(NotFoundError):
        signer_certificates.list_certificates(
            office.services, office.people["outsider"], office.people["officer-a"].id
        )
    assert registered(office) == [certificate]
