"""Certifications and locks: what they say in the file, and how they bind what comes after."""

import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.fields import MDPPerm

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import AntinError
from antin.pdf.objects import Name, Ref
from antin.pdf.restrictions import FieldLock
from antin.signer import pades
from antin.signer.document_timestamp import add_document_timestamp
from antin.signer.request import Certification, Level
from antin.verifier.changes import changes_after
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, Conclusion, Severity
from antin.verifier.verify import verify
from tests.pdfbases import KINDS, base
from tests.pdfs import appended, form_letter, letter, opened
from tests.pdfs import signed as pyhanko_signed
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import (
    NOW,
    code_of,
    pdfsig,
    qpdf_is_content,
    request_for,
    signed,
    small_pdf,
)

pytestmark = [pytest.mark.real("pdfsig"), pytest.mark.real("qpdf")]
Sign = Callable[..., bytes]
ANNOTATIONS_ALLOWED = replace(default_policy(), allowed_changes=ChangeLevel.ANNOTATIONS)
ALL = FieldLock("All", frozenset())
EMPTY = (
    b"<</FT/Sig/T(Ky)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/F 132/P 10 0 R"
    b"/Lock<</Action/Include/Fields[]%b>>>>"
)


@pytest.fixture
def sign(tmp_path: Path, trust_world: TrustWorld) -> Sign:
    return partial(_sign, tmp_path, trust_world)


def _sign(
    folder: Path,
    world: TrustWorld,
    data: bytes,
    field: str | None = None,
    certify: Certification | None = None,
    lock: FieldLock | None = None,
) -> bytes:
    """Return ``data`` signed, having seen that others read it as it was meant."""
    request = replace(request_for(world.officer_a, field=field), certify=certify, lock=lock)
    made = signed(data, folder, world.officer_a, request)
    path = folder / "out.pdf"
    path.write_bytes(made)
    assert made.startswith(data)
    assert set(pdfsig(path)) == {"Signature is Valid."}
    assert qpdf_is_content(path)
    return made


def refusal(sign: Sign, *args: object, **options: object) -> str:
    with pytest.raises(AntinError) as caught:
        sign(*args, **options)
    return code_of(caught.value)


def level_after(data: bytes, name: str) -> tuple[str, set[str]]:
    """Return how the changes after a signature are judged, and which of them are too much."""
    document = opened(data)
    (field,) = (one for one in document.signatures if one.name == name)
    found = changes_after(document, field, ANNOTATIONS_ALLOWED)
    return str(found.level), {f.code for f in found.findings if f.severity is Severity.ERROR}


def filled(data: bytes) -> bytes:
    """Return ``data`` with its text field ``name`` filled in."""
    widget = b"<</FT/Tx/T(name)/V(A)/Subtype/Widget/Rect[10 10 90 30]/P 10 0 R/AP<</N 21 0 R>>>>"
    return appended(data, {20: widget})


def annotated(data: bytes) -> bytes:
    """Return ``data`` with a note on its second page."""
    page = (
        b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents 111 0 R"
        b"/Annots[20 0 R 300 0 R]>>"
    )
    note = b"<</Type/Annot/Subtype/Text/Rect[9 9 30 30]/Contents(note)/P 11 0 R>>"
    return appended(data, {11: page, 300: note})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certify", list(Certification))
def test_a_certification_is_one_to_others(sign: Sign, kind: str, certify: Certification) -> None:
    made = sign(base(kind), certify=certify)
    document = opened(made)
    (signature,) = document.signatures
    assert signature.restrictions.permission == certify.permission
    view = document.final_view
    assert signature.object_number is not None
    assert view.dictionary(view.catalog["Perms"]) == {"DocMDP": Ref(signature.object_number)}
    if kind.startswith("hybrid"):
        return  # which pyHanko does not read
    embedded = PdfFileReader(io.BytesIO(made)).embedded_signatures[0]
    assert embedded.docmdp_level is MDPPerm(certify.permission)


def test_the_reference_has_no_digest_and_no_data(sign: Sign) -> None:
    """ISO 19005-2 §6.1.12 forbids the one, ISO 32000-2 table 256 does not ask for the other."""
    view = opened(sign(small_pdf(), certify=Certification.FORM_FILLING)).final_view
    permissions = view.dictionary(view.catalog["Perms"])
    (reference,) = view.array(view.dictionary(permissions["DocMDP"])["Reference"])
    assert reference == {
        "Type": Name("SigRef"),
        "TransformMethod": Name("DocMDP"),
        "TransformParams": {"Type": Name("TransformParams"), "V": Name("1.2"), "P": 2},
    }


TOO_MUCH = {
    Certification.NO_CHANGES: {"filled", "annotated", "signed"},
    Certification.FORM_FILLING: {"annotated"},
    Certification.ANNOTATIONS: set[str](),
}


@pytest.mark.parametrize("certify", list(Certification))
def test_later_changes_are_judged_by_it(sign: Sign, certify: Certification) -> None:
    certified = sign(form_letter(), "C", certify=certify)
    later = {
        "filled": filled(certified),
        "annotated": annotated(certified),
        "signed": pyhanko_signed(certified, "Later") if certify is not Certification.NO_CHANGES
        else _signed_against_it(certified),
    }  # fmt: skip
    beyond = {name for name, data in later.items() if level_after(data, "C")[1]}
    assert beyond == TOO_MUCH[certify]
    judged = {name: pyhanko_allows(data) for name, data in later.items() if name != "annotated"}
    assert {name for name, good in judged.items() if not good} == beyond - {"annotated"}


def _signed_against_it(data: bytes) -> bytes:
    """Return ``data`` signed by a program that does not care for its certification."""
    hidden = data.replace(b"/P 1>>", b"/P 3>>")
    later = pyhanko_signed(hidden, "Later")
    return data + later[len(data) :]


def pyhanko_allows(data: bytes) -> bool:
    """Tell whether pyHanko finds the changes after the first signature to be what it allows."""
    first = PdfFileReader(io.BytesIO(data)).embedded_signatures[0]
    first.compute_integrity_info()
    level = first.docmdp_level or MDPPerm.FILL_FORMS
    found = DEFAULT_DIFF_POLICY.review_file(
        first.reader, first.signed_revision, field_mdp_spec=first.fieldmdp, doc_mdp=level
    )
    return isinstance(found, DiffResult) and (
        level is not MDPPerm.NO_CHANGES or found.modification_level <= ModificationLevel.LTA_UPDATES
    )


def test_who_certified_without_changes_lets_nobody_sign(sign: Sign) -> None:
    certified = sign(small_pdf(), certify=Certification.NO_CHANGES)
    assert refusal(sign, certified) == "signing_forbidden"


@pytest.mark.parametrize("certify", [Certification.FORM_FILLING, Certification.ANNOTATIONS])
def test_approvals_follow_a_certification(sign: Sign, certify: Certification) -> None:
    made = sign(sign(small_pdf(), "C", certify=certify), "A")
    assert level_after(made, "C") == ("form-filling", set())
    assert pyhanko_allows(made)


@pytest.mark.parametrize("certify", list(Certification))
def test_a_certification_comes_first(sign: Sign, certify: Certification) -> None:
    approved = sign(small_pdf())
    assert refusal(sign, approved, certify=certify) == "certification_not_first"
    others = pyhanko_signed(small_pdf())
    assert refusal(sign, others, certify=certify) == "certification_not_first"
    certified = sign(small_pdf(), certify=Certification.ANNOTATIONS)
    assert refusal(sign, certified, certify=certify) == "certification_not_first"


def test_nor_does_it_follow_a_time_stamp(
    sign: Sign, tmp_path: Path, trust_world: TrustWorld
) -> None:
    path = tmp_path / "stamped.pdf"
    path.write_bytes(small_pdf())
    add_document_timestamp(path, trust_world.timestamps(NOW))
    code = refusal(sign, path.read_bytes(), certify=Certification.ANNOTATIONS)
    assert code == "certification_not_first"


def test_who_calls_itself_certified_is_not_certified_again(sign: Sign) -> None:
    data = letter(1, catalog=b"/Perms<</DocMDP 50 0 R>>", more={50: b"<</Type/Sig>>"})
    assert refusal(sign, data, certify=Certification.ANNOTATIONS) == "certification_not_first"
    assert refusal(sign, data.replace(b"/DocMDP", b"/DocXXX"), certify=None, field=".") == (
        "field_invalid"
    )


@pytest.mark.parametrize("where", [b"/Perms<</UR3 50 0 R>>", b"/Perms 51 0 R", b"/Perms null"])
def test_other_permissions_stay(sign: Sign, where: bytes) -> None:
    data = letter(1, catalog=where, more={50: b"<</Type/Sig>>", 51: b"<</UR3 50 0 R>>"})
    view = opened(sign(data, certify=Certification.FORM_FILLING)).final_view
    permissions = view.dictionary(view.catalog["Perms"])
    assert permissions.keys() == {"DocMDP"} | (set() if b"null" in where else {"UR3"})


@pytest.mark.parametrize("certify", list(Certification))
def test_a_certification_can_be_made_to_last(
    tmp_path: Path, trust_world: TrustWorld, certify: Certification
) -> None:
    """Validation data and time-stamps are allowed under each (EN 319 142-1 §5.5)."""
    key, output = trust_world.officer_a, tmp_path / "lta.pdf"
    chain = trust_world.chain("soft-officer-a")
    asked = request_for(key, chain=chain, level=Level.B_LTA, field="C")
    services = trust_world.timestamps(NOW), trust_world.revocation(NOW), trust_world.trust()
    request = replace(asked, certify=certify, lock=ALL)
    pades.sign(MemorySource(small_pdf()), output, key, request, *services)
    data = output.read_bytes()
    assert level_after(data, "C") == ("lta-updates", set())
    assert pyhanko_allows(data)
    with FileSource(output) as source:
        report = verify(source, "lta.pdf", trust_world.trust(crls=True), NOW, default_policy())
    assert report.conclusion is Conclusion.PASSED, report.why_not()


LOCKS = (
    ALL,
    FieldLock("Include", frozenset({"name", "Phòng.Tổ"})),
    FieldLock("Exclude", frozenset({"other"})),
    FieldLock("Exclude", frozenset({"name"})),
    FieldLock("Include", frozenset({"other"})),
)


@pytest.mark.parametrize(
    "lock", LOCKS, ids=lambda lock: " ".join((lock.action, *sorted(lock.fields)))
)
def test_a_lock_makes_fields_final(sign: Sign, lock: FieldLock) -> None:
    made = sign(form_letter(), "Ky", lock=lock)
    document = opened(made)
    (signature,) = document.signatures
    assert signature.restrictions.locks == (lock,)
    assert signature.restrictions.permission is None
    held = document.final_view.dictionary(Ref(signature.field_number or 0))
    assert isinstance(held["Lock"], Ref), "an object of its own (ISO 32000-2 table 235)"
    assert document.final_view.dictionary(held["Lock"])["Type"] == Name("SigFieldLock")
    later = filled(made)
    locked = lock.covers("name")
    assert level_after(later, "Ky") == ("form-filling", {"form_field_locked"} if locked else set())
    assert pyhanko_allows(later) is not locked


def test_a_locked_field_is_not_signed(sign: Sign) -> None:
    made = sign(small_pdf(), "A", lock=FieldLock("Include", frozenset({"B"})))
    assert refusal(sign, made, "B") == "field_locked"
    assert refusal(sign, made, "B.C") == "field_locked"
    assert len(opened(sign(made, "C")).signatures) == 2
    assert refusal(sign, sign(small_pdf(), "A", lock=ALL)) == "field_locked"


def test_a_name_that_is_locked_is_not_chosen(sign: Sign) -> None:
    lock = FieldLock("Include", frozenset({"Signature1", "Signature2"}))
    made = sign(sign(small_pdf(), "A", lock=lock))
    assert {one.name for one in opened(made).signatures} == {"A", "Signature3"}


def test_certified_and_locked_at_once(sign: Sign) -> None:
    made = sign(form_letter(), "C", certify=Certification.ANNOTATIONS, lock=ALL)
    (signature,) = opened(made).signatures
    assert signature.restrictions.permission == 3
    assert signature.restrictions.locks == (ALL,)
    assert level_after(filled(made), "C")[1] == {"form_field_locked"}


def with_lock(entries: bytes) -> bytes:
    catalog = b"/AcroForm<</Fields[20 0 R]/SigFlags 3>>"
    return letter(1, catalog=catalog, page=b"/Annots[20 0 R]", more={20: EMPTY % entries})


@pytest.mark.parametrize("permission", [1, 2, 3])
def test_a_lock_of_pdf_2_permits_less_from_then_on(sign: Sign, permission: int) -> None:
    """ISO 32000-2 table 236: /P in the lock binds like a certification's."""
    made = sign(with_lock(b"/P %d" % permission), "Ky")
    (signature,) = opened(made).signatures
    assert signature.restrictions.permission == permission
    if permission == 1:
        assert refusal(sign, made) == "signing_forbidden"
    else:
        assert level_after(sign(made), "Ky") == ("form-filling", set())
    other = pyhanko_signed(made, "Later") if permission > 1 else _signed_against_it(made)
    assert bool(level_after(other, "Ky")[1]) is (permission == 1)


def test_permissions_are_denied_and_never_given_back(sign: Sign) -> None:
    """A later lock that permits more than the certification is without effect."""
    certified = sign(with_lock(b"/P 3"), "C", certify=Certification.FORM_FILLING)
    later = sign(certified, "Ky")
    assert [one.restrictions.permission for one in opened(later).signatures] == [2, 3]
    assert level_after(later, "C") == ("form-filling", set())


@pytest.mark.parametrize("entries", [b"/P 0", b"/P 4", b"/P/x"])
def test_a_lock_with_a_permission_that_there_is_not(sign: Sign, entries: bytes) -> None:
    assert refusal(sign, with_lock(entries), "Ky") == "pdf_malformed"


def test_the_lock_of_a_field_is_its_authors(sign: Sign) -> None:
    assert refusal(sign, with_lock(b""), "Ky", lock=ALL) == "field_invalid"


def test_an_empty_field_without_a_lock_takes_the_signers(sign: Sign) -> None:
    """It is said by the signature alone: the field itself may have been signed around."""
    empty = b"<</FT/Sig/T(Ky)/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/F 132/P 10 0 R>>"
    catalog = b"/AcroForm<</Fields[20 0 R]/SigFlags 3>>"
    data = letter(1, catalog=catalog, page=b"/Annots[20 0 R]", more={20: empty})
    made = sign(sign(data, "First"), "Ky", lock=ALL)
    assert level_after(made, "First") == ("form-filling", set())
    document = opened(made)
    assert document.signatures[1].restrictions.locks == (ALL,)
    assert "Lock" not in document.final_view.dictionary(Ref(20))
