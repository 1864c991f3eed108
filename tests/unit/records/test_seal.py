from datetime import UTC, datetime

import pytest

from antin.core.errors import ConflictError, RefusedError
from antin.records.document import Document, DocumentKind
from antin.records.seal import Seal, SealState, SignedState, check_may_be_sealed

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SIGNED = SignedState(signatures=1, all_passed=True)
UNSIGNED = SignedState(signatures=0, all_passed=True)
BROKEN = SignedState(signatures=1, all_passed=False, why_not="Sig1: HASH_FAILURE")
NONE_PASSED = SignedState(signatures=0, all_passed=False, why_not="Sig1: HASH_FAILURE")
CHANGED = SignedState(signatures=2, all_passed=True, as_signed=False)


def document(kind: DocumentKind) -> Document:
    return Document("d1", "a1", "Công văn", kind, "letter.pdf", NOW)


def seal(state: SealState) -> Seal:
    return Seal("s1", "d1", "a1", "v1", "u1", NOW, state)


def refusal(kind: DocumentKind, own: SignedState, parent: SignedState | None) -> str:
    with pytest.raises(RefusedError) as caught:
        check_may_be_sealed(document(kind), own, parent)
    assert caught.value.code == "seal_not_allowed"
    return caught.value.detail


@pytest.mark.requirement("SIG-3")
def test_a_main_document_is_sealed_after_its_officer_signed() -> None:
    check_may_be_sealed(document(DocumentKind.MAIN), SIGNED, None)
    assert "no officer's signature" in refusal(DocumentKind.MAIN, UNSIGNED, None)


def test_the_seal_never_goes_beside_a_broken_signature() -> None:
    assert "HASH_FAILURE" in refusal(DocumentKind.MAIN, BROKEN, None)
    assert "HASH_FAILURE" in refusal(DocumentKind.ATTACHMENT, BROKEN, SIGNED)


def test_the_seal_goes_on_what_was_signed_and_not_on_what_was_filled_in_later() -> None:
    for kind in DocumentKind:
        assert "changed after" in refusal(kind, CHANGED, SIGNED)


def test_a_signature_that_did_not_pass_is_not_one_that_is_missing() -> None:
    """Nothing passed, yet something is there: neither main document nor attachment is sealed."""
    refusal(DocumentKind.MAIN, NONE_PASSED, None)
    assert "HASH_FAILURE" in refusal(DocumentKind.ATTACHMENT, NONE_PASSED, SIGNED)


@pytest.mark.requirement("SIG-4")
def test_an_attachment_is_covered_by_its_main_document() -> None:
    check_may_be_sealed(document(DocumentKind.ATTACHMENT), UNSIGNED, SIGNED)
    check_may_be_sealed(document(DocumentKind.ATTACHMENT), SIGNED, SIGNED)
    for parent in (None, UNSIGNED, BROKEN, CHANGED):
        assert "main document" in refusal(DocumentKind.ATTACHMENT, UNSIGNED, parent)


@pytest.mark.parametrize("before", SealState)
@pytest.mark.parametrize("after", SealState)
def test_a_seal_takes_its_steps_and_no_others(before: SealState, after: SealState) -> None:
    allowed = {
        SealState.INTENDED: (SealState.SIGNED, SealState.FAILED, SealState.ABANDONED),
        SealState.SIGNED: (SealState.COMPLETED, SealState.FAILED),
    }
    if after in allowed.get(before, ()):
        assert seal(before).to(after) == seal(after)
        return
    with pytest.raises(ConflictError) as caught:
        seal(before).to(after)
    assert caught.value.code == "seal_ended"
