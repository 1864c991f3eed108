"""Tasks that certify and lock: asked for, followed, refused where nobody could sign them."""

from typing import Any

import pytest

from antin.core.bytesource import MemorySource
from antin.core.errors import AntinError, RefusedError
from antin.flows import desk, seal
from antin.pdf.document import open_pdf
from antin.pdf.restrictions import FieldLock, Restrictions
from antin.records.signing_group import SigningOrder
from antin.signer.request import Certification
from tests.office import Office, content
from tests.pdfs import form_letter


def ask(office: Office, document: str, **rules: Any) -> str:
    new = desk.NewTask(document, office.people["officer-a"].id, **rules)
    return str(desk.ask(office.services, office.call("clerk"), new)["id"])


def restrictions(office: Office, document: str) -> list[Restrictions]:
    signatures = open_pdf(MemorySource(content(office, document))).signatures
    return [one.restrictions for one in signatures]


def test_the_signature_restricts_what_was_asked_for(office: Office) -> None:
    document = office.upload(form_letter())
    task = ask(office, document, certify=Certification.FORM_FILLING, lock="name")
    shown = desk.get_task(office.services, office.people["officer-a"], task)
    assert (shown["certify"], shown["lock"]) == ("form-filling", "name")
    assert office.sign_task(task)["state"] == "COMPLETED"
    lock = FieldLock("Include", frozenset({"name"}))
    assert restrictions(office, document) == [Restrictions(2, (lock,))]
    # Others still sign, and the seal is still put on.
    assert office.sign(document, "officer-b")["state"] == "COMPLETED"
    sealed = seal.seal_document(office.services, office.call("clerk"), seal.NewSeal(document))
    assert sealed["state"] == "COMPLETED"


def test_nothing_is_restricted_unasked(office: Office) -> None:
    document = office.upload()
    task = ask(office, document)
    shown = desk.get_task(office.services, office.people["officer-a"], task)
    assert (shown["certify"], shown["lock"]) == (None, None)
    office.sign_task(task)
    assert restrictions(office, document) == [Restrictions()]


def test_after_a_certification_without_changes_nobody_signs(office: Office) -> None:
    document = office.upload()
    office.sign_task(ask(office, document, certify=Certification.NO_CHANGES))
    with pytest.raises(RefusedError) as caught:
        office.sign(document, "officer-b")
    assert caught.value.code == "signing_forbidden"


def test_after_a_lock_of_all_fields_nobody_signs(office: Office) -> None:
    document = office.upload(form_letter())
    office.sign_task(ask(office, document, lock="all"))
    with pytest.raises(RefusedError) as caught:
        office.sign(document, "officer-b")
    assert caught.value.code == "field_locked"


def test_a_certification_of_a_signed_document(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    task = ask(office, document, certify=Certification.ANNOTATIONS)
    with pytest.raises(RefusedError) as caught:
        office.prepare(task)
    assert caught.value.code == "certification_not_first"


def test_a_lock_of_nothing(office: Office) -> None:
    with pytest.raises(AntinError) as caught:
        ask(office, office.upload(), lock="except:")
    assert caught.value.code == "request_invalid"


SEQUENCE, PARALLEL = SigningOrder.SEQUENCE, SigningOrder.PARALLEL
FORMS, NOTHING = Certification.FORM_FILLING, Certification.NO_CHANGES


@pytest.mark.parametrize(
    ("order", "first", "second", "code"),
    [
        (SEQUENCE, {"certify": FORMS, "lock": "name"}, {"lock": "all"}, None),
        (SEQUENCE, {}, {"certify": FORMS}, "certification_not_first"),
        (SEQUENCE, {"certify": NOTHING}, {}, "request_invalid"),
        (SEQUENCE, {"lock": "all"}, {}, "request_invalid"),
        (SEQUENCE, {"lock": "except:name"}, {}, "request_invalid"),
        (PARALLEL, {"certify": FORMS}, {}, "certification_not_first"),
        (PARALLEL, {}, {"lock": "all"}, "request_invalid"),
        (PARALLEL, {"lock": "name"}, {"lock": "name"}, None),
    ],
)
def test_what_several_may_be_asked_for(
    office: Office,
    order: SigningOrder,
    first: dict[str, Any],
    second: dict[str, Any],
    code: str | None,
) -> None:
    ids = (office.people["officer-a"].id, office.people["officer-b"].id)
    wanted = desk.Wanted(ids[0], **first), desk.Wanted(ids[1], **second)
    new = desk.NewGroup(office.upload(form_letter()), wanted, order)
    if code is None:
        made: Any = desk.ask_group(office.services, office.call("clerk"), new)
        assert [task["lock"] for task in made["tasks"]] == [first["lock"], second["lock"]]
        assert made["tasks"][0]["certify"] == first.get("certify")
        for task, officer in zip(made["tasks"], ("officer-a", "officer-b"), strict=True):
            assert office.sign_task(task["id"], officer)["state"] == "COMPLETED"
        return
    with pytest.raises(AntinError) as caught:
        desk.ask_group(office.services, office.call("clerk"), new)
    assert caught.value.code == code
