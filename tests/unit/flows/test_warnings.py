"""What signers are warned of: of the file before they sign, of the time-stamp afterwards."""

from dataclasses import replace
from typing import Any

import pytest

from antin.flows import desk, seal
from antin.pki.trust import TrustAnchor
from tests.office import Office
from tests.pdfs import letter
from tests.smallpki import DAY, YEAR, make_root, make_tsa
from tests.unit.signer.lasting import Stamping

XFA = letter(1, catalog=b"/AcroForm<</Fields[]/XFA(x)>>")


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


def test_a_file_with_oddities_is_told_of_before_it_is_signed(office: Office) -> None:
    task = office.ask(office.upload(XFA))
    people = office.people
    assert codes(desk.get_task(office.services, people["officer-a"], task)) == []
    prepared = office.prepare(task)
    assert codes(prepared) == ["form_xfa"]
    (warning,) = prepared["warnings"]
    assert warning["severity"] == "warning"
    assert "XFA" in warning["detail"]
    assert codes(desk.get_task(office.services, people["clerk"], task)) == ["form_xfa"]
    assert codes(office.sign_task(task)) == ["form_xfa"], "and it is still told"


def test_a_file_without_is_not_warned_of(office: Office) -> None:
    task = office.ask(office.upload())
    assert codes(office.prepare(task)) == []
    assert codes(office.sign_task(task)) == []


@pytest.fixture
def doubtful(office: Office) -> Office:
    """The office when its time-stamping authority is one whose revocation nobody tells."""
    now = office.clock.moment
    valid: Any = {"not_before": now - DAY, "not_after": now + YEAR}
    root = make_root("Other Root", **valid)
    trust = office.services.trust
    anchor = TrustAnchor(root.der, frozenset({"time-stamp"}))
    return office.without(
        trust=replace(trust, anchors=(*trust.anchors, anchor)),
        timestamps=Stamping(make_tsa(root, **valid), now),
    )


def test_a_time_stamp_that_proves_nothing_is_told_of(doubtful: Office) -> None:
    task = doubtful.ask(doubtful.upload(XFA))
    done = doubtful.sign_task(task)
    assert done["state"] == "COMPLETED"
    assert codes(done) == ["form_xfa", "timestamp_unproven"]
    assert "revo" in done["warnings"][1]["detail"]
    shown = desk.get_task(doubtful.services, doubtful.people["clerk"], task)
    assert shown["warnings"] == done["warnings"]


def test_so_it_is_with_a_seal(office: Office, doubtful: Office) -> None:
    document = office.upload(XFA)
    office.sign(document)
    call = doubtful.call("clerk")
    sealed = seal.seal_document(doubtful.services, call, seal.NewSeal(document))
    assert codes(sealed) == ["form_xfa", "timestamp_unproven"]
    good = office.upload()
    office.sign(good)
    answer = seal.seal_document(office.services, office.call("clerk"), seal.NewSeal(good))
    assert codes(answer) == []
