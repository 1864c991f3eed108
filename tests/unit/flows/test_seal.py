"""The flow seal: guarded, intent before use, one sealed revision at most."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from antin.core.bytesource import MemorySource
from antin.core.errors import (
    AntinError,
    ConflictError,
    KeyDeviceError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from antin.flows import filing, seal, seal_completing, seal_register, two_phases
from antin.flows.services import Services
from antin.flows.verify import verify_source
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.hsm.key import SigningKey
from antin.records.document import DocumentKind
from antin.records.grants import Role
from tests.office import Office, content, tampered
from tests.pdfs import FORM, appended, form_letter, stream
from tests.trustworld import make_private_key


def put(office: Office, document: str, who: str = "clerk") -> dict[str, object]:
    return dict(seal.seal_document(office.services, office.call(who), seal.NewSeal(document)))


def revisions(office: Office, document: str) -> list[object]:
    found = filing.list_revisions(office.services, office.people["clerk"], document)
    return [revision["cause"] for revision in found]


@pytest.mark.requirement("SIG-3")
def test_the_seal_follows_the_officers_signature(office: Office) -> None:
    document = office.upload()
    with pytest.raises(RefusedError) as caught:
        put(office, document)
    assert caught.value.code == "seal_not_allowed"
    assert office.seal.asked == 0, "the key is not touched for what may not be sealed"
    office.sign(document)
    answer = put(office, document)
    assert answer["state"] == "COMPLETED"
    assert revisions(office, document) == ["uploaded", "signed", "sealed"]
    actions = office.actions(f"document/{document}")
    assert "seal.refused" in actions
    assert actions[-3:] == ["seal.intended", "seal.signed", "seal.completed"]
    with office.blob(_sha256(answer)) as source:
        report = verify_source(office.services, source, "x.pdf")
    report.raise_if_not_passed()
    assert len(report.signatures) == 2


def _sha256(answer: dict[str, object]) -> str:
    document = answer["document"]
    assert isinstance(document, dict)
    return str(document["revision"]["sha256"])


def test_a_checkpoint_covers_the_use_of_the_seal(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    put(office, document)
    newest = office.services.work.read(lambda stores: stores.ledger.newest_checkpoint())
    assert newest is not None
    assert newest.size == office.services.work.read(lambda stores: stores.ledger.size())


def test_what_was_sealed_wrongly_is_never_stored(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verified as a stranger would, whatever went wrong on the way."""

    def spoil(services: Services, path: Path, *rest: Any) -> None:
        two_phases.embed(services, path, *rest)
        path.write_bytes(tampered(path.read_bytes()))

    document = office.upload()
    office.sign(document)
    monkeypatch.setattr(seal_completing, "embed", spoil)
    with pytest.raises(AntinError) as caught:
        put(office, document)
    assert caught.value.code == "result_not_valid"
    assert revisions(office, document) == ["uploaded", "signed"]
    assert office.actions(f"document/{document}")[-1] == "seal.failed"


@pytest.mark.requirement("SIG-4")
def test_a_separate_attachment_leans_on_its_main_document(office: Office) -> None:
    main = office.upload(title="Main")
    attachment = office.upload(title="Annex", kind=DocumentKind.ATTACHMENT, parent_id=main)
    with pytest.raises(RefusedError) as caught:
        put(office, attachment)
    assert caught.value.code == "seal_not_allowed"
    office.sign(main)
    assert put(office, attachment)["state"] == "COMPLETED"


def test_a_tampered_document_is_not_sealed(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    bad = office.upload(tampered(content(office, document)), title="Copy")
    with pytest.raises(RefusedError) as caught:
        put(office, bad)
    assert caught.value.code == "seal_not_allowed"
    assert "HASH_FAILURE" in caught.value.detail


def filled_in(data: bytes, value: bytes) -> bytes:
    """Return ``data`` with a field of its form filled in, which the policy puts up with."""
    field = FORM[20].replace(b"/V()", b"/V(%b)/DA(/Helv 12 Tf 0 g)" % value)
    look = b"/Tx BMC q BT /Helv 12 Tf 0 g 2 5 Td (%b) Tj ET Q EMC" % value
    extra = b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]/Resources<</Font<</Helv 3 0 R>>>>"
    return appended(data, {20: field, 21: stream(look, extra)})


def test_what_was_filled_in_after_the_last_signature_is_not_sealed(office: Office) -> None:
    """It passes by the policy, but no officer has signed it so."""
    document = office.upload(form_letter())
    office.sign(document)
    signed = content(office, document)
    changed = filled_in(signed, b"9")
    report = verify_source(office.services, MemorySource(changed), "x.pdf")
    report.raise_if_not_passed()
    filled = office.upload(changed, title="Filled")
    with pytest.raises(RefusedError) as caught:
        put(office, filled)
    assert caught.value.code == "seal_not_allowed"
    assert office.seal.asked == 0
    attachment = office.upload(title="Annex", kind=DocumentKind.ATTACHMENT, parent_id=filled)
    with pytest.raises(RefusedError):
        put(office, attachment)
    assert put(office, office.upload(signed, title="As signed"))["state"] == "COMPLETED"
    office.sign(filled, "officer-b")
    assert put(office, filled)["state"] == "COMPLETED"


def test_a_key_that_fails_leaves_a_failed_intent(office: Office) -> None:
    class Broken:
        certificate = office.world.agency_seal.certificate
        public_key = office.world.agency_seal.public_key
        algorithm = office.world.agency_seal.algorithm

        def sign(self, data: bytes) -> bytes:
            raise KeyDeviceError("token_failed", token="agency", detail="CKR_DEVICE_REMOVED")

    class BrokenSeals:
        def for_agency(self, code: str) -> Broken:
            return Broken()

    document = office.upload()
    office.sign(document)
    broken = office.without(seals=BrokenSeals())
    with pytest.raises(KeyDeviceError):
        put(broken, document)
    assert office.actions(f"document/{document}")[-2:] == ["seal.intended", "seal.failed"]
    assert revisions(office, document) == ["uploaded", "signed"]
    assert put(office, document)["state"] == "COMPLETED", "a failed intent does not block the next"


def test_without_a_time_stamping_service_nothing_is_begun(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    with pytest.raises(UnavailableError) as caught:
        put(office.without(timestamps=None), document)
    assert caught.value.code == "timestamp_not_configured"
    assert "seal.intended" not in office.actions(f"document/{document}")


def test_a_key_that_gives_another_value_leaves_a_failed_intent(office: Office) -> None:
    """What does not fit the certificate is never kept."""

    class Another:
        certificate = office.world.agency_seal.certificate
        public_key = office.world.agency_seal.public_key
        algorithm = office.world.agency_seal.algorithm

        def sign(self, data: bytes) -> bytes:
            return office.world.agency_seal.sign(data + b" ")

    class OtherSeals:
        def for_agency(self, code: str) -> Another:
            return Another()

    document = office.upload()
    office.sign(document)
    with pytest.raises(RefusedError) as caught:
        put(office.without(seals=OtherSeals()), document)
    assert caught.value.code == "signature_value_wrong"
    assert office.actions(f"document/{document}")[-2:] == ["seal.intended", "seal.failed"]


def test_an_intent_whose_process_died_ends_as_abandoned(office: Office) -> None:
    class Killed(BaseException):
        """Stands for the end of the process: nothing of ours runs afterwards."""

    class Killing:
        certificate = office.world.agency_seal.certificate
        public_key = office.world.agency_seal.public_key
        algorithm = office.world.agency_seal.algorithm

        def sign(self, data: bytes) -> bytes:
            raise Killed

    class KillingSeals:
        def for_agency(self, code: str) -> Killing:
            return Killing()

    document = office.upload()
    office.sign(document)
    with pytest.raises(Killed):
        put(office.without(seals=KillingSeals()), document)
    with pytest.raises(ConflictError) as caught:
        put(office, document)
    assert caught.value.code == "seal_in_progress"
    assert seal_register.abandon_stale(office.services) == 0, "it might still be at work"
    office.pass_time(timedelta(minutes=20))
    assert seal_register.abandon_stale(office.services) == 1
    assert office.actions(f"document/{document}")[-1] == "seal.abandoned"
    assert put(office, document)["state"] == "COMPLETED"


def test_a_revision_that_came_after_the_check_is_not_sealed_unchecked(office: Office) -> None:
    """Another officer signs between the verification of the signatures and the intent."""

    class SealsMeanwhile:
        def for_agency(self, code: str) -> SigningKey:
            office.sign(document, "officer-b")
            return office.seal.for_agency(code)

    document = office.upload()
    office.sign(document)
    with pytest.raises(ConflictError) as caught:
        put(office.without(seals=SealsMeanwhile()), document)
    assert caught.value.code == "document_changed"
    assert office.actions(f"document/{document}")[-1] == "document.signed"
    assert "seal.intended" not in office.actions(f"document/{document}")
    assert put(office, document)["state"] == "COMPLETED"
    assert revisions(office, document) == ["uploaded", "signed", "signed", "sealed"]


@pytest.mark.parametrize("signed_meanwhile", [True, False])
def test_a_seal_that_comes_back_after_it_was_given_up_is_not_stored(
    office: Office, *, signed_meanwhile: bool
) -> None:
    """The key device hangs until the sweeper ends the intent, which frees the document."""

    class Hanging:
        certificate = office.world.agency_seal.certificate
        public_key = office.world.agency_seal.public_key
        algorithm = office.world.agency_seal.algorithm

        def sign(self, data: bytes) -> bytes:
            value = office.world.agency_seal.sign(data)
            office.pass_time(timedelta(minutes=20))
            assert seal_register.abandon_stale(office.services) == 1
            if signed_meanwhile:
                office.sign(document, "officer-b")
            return value

    class HangingSeals:
        def for_agency(self, code: str) -> Hanging:
            return Hanging()

    document = office.upload()
    office.sign(document)
    with pytest.raises(ConflictError) as caught:
        put(office.without(seals=HangingSeals()), document)
    assert caught.value.code == "seal_ended"
    assert "sealed" not in revisions(office, document)
    actions = office.actions(f"document/{document}")
    assert "seal.abandoned" in actions
    assert not {"seal.completed", "seal.failed"} & set(actions), "it has ended once already"
    assert put(office, document)["state"] == "COMPLETED"


def test_the_same_request_seals_once(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    new = seal.NewSeal(document)
    one = seal.seal_document(office.services, office.call("clerk", "seal", "k", "d"), new)
    two = seal.seal_document(office.services, office.call("clerk", "seal", "k", "d"), new)
    assert one == two
    assert revisions(office, document).count("sealed") == 1


def test_the_same_request_twice_at_once_seals_once(office: Office) -> None:
    """The first comes to its end between the second's checks and the second's intent."""
    new = seal.NewSeal(office.upload())
    office.sign(new.document_id)
    answers = []

    class SealsMeanwhile:
        def for_agency(self, code: str) -> SigningKey:
            first = office.call("clerk", "seal", "k", "d")
            answers.append(seal.seal_document(office.services, first, new))
            return office.seal.for_agency(code)

    ours = office.without(seals=SealsMeanwhile()).services
    assert seal.seal_document(ours, office.call("clerk", "seal", "k", "d"), new) == answers[0]
    assert office.actions(f"document/{new.document_id}").count("seal.intended") == 1
    assert revisions(office, new.document_id).count("sealed") == 1


def test_only_the_clerk_seals(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    for who in ("officer-a", "manager", "auditor"):
        with pytest.raises(Exception, match="role_missing") as caught:
            put(office, document, who)
        assert str(Role.CLERK) in str(caught.value)


def test_a_key_without_a_certificate_is_said_to_be_that(office: Office) -> None:
    document = office.upload()
    office.sign(document)
    office.seal.key = InsecureSoftwareKey(make_private_key())
    with pytest.raises(KeyDeviceError) as caught:
        put(office, document)
    assert caught.value.code == "key_without_certificate"
    assert "seal.intended" not in office.actions(f"document/{document}")


def test_a_document_whose_agency_is_gone_is_not_sealed(office: Office) -> None:
    class NoAgencies:
        def __init__(self, stores: Any) -> None:
            self._stores = stores
            self.agencies = self

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stores, name)

        def get(self, agency_id: str) -> None:
            return None

    class Without:
        def read(self, look: Callable[[Any], object]) -> object:
            return office.services.work.read(lambda stores: look(NoAgencies(stores)))

    document = office.upload()
    office.sign(document)
    with pytest.raises(NotFoundError) as caught:
        put(office.without(work=Without()), document)
    assert caught.value.code == "agency_not_found"
