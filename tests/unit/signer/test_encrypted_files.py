"""Signing files that are encrypted, but open without a password (ISO 32000-2 §7.6)."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import RefusedError
from antin.pdf.document import open_pdf
from antin.pdf.objects import Ref
from antin.signer import pades
from antin.signer.request import Level, Stamp
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion
from antin.verifier.verify import verify
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import (
    NOW,
    field_taken_in,
    pdfsig,
    qpdf_is_content,
    request_for,
    seal_image,
)

STAMP = Stamp(1, 20, 20, 60, 30, image=seal_image(60), text="Nguyễn Văn A")
ALL = pikepdf.Permissions()
NO_NEW_FIELDS = ALL._replace(modify_other=False)
NOTHING = NO_NEW_FIELDS._replace(modify_form=False, modify_annotation=False)
Encrypt = Callable[[pikepdf.Encryption], bytes]
# Revision 5 came before PDF 2.0 and went with it.
pytestmark = pytest.mark.filterwarnings("ignore:Encryption R=5 is deprecated")


@pytest.fixture
def encrypted() -> Encrypt:
    """Return what makes a file of one page with an empty signature field, encrypted."""

    def make(encryption: pikepdf.Encryption) -> bytes:
        target = io.BytesIO()
        with pikepdf.new() as pdf:
            page = pdf.add_blank_page(page_size=(595, 842))
            field = pdf.make_indirect(
                pikepdf.Dictionary(
                    FT=pikepdf.Name.Sig,
                    T=pikepdf.String("Trống"),
                    Type=pikepdf.Name.Annot,
                    Subtype=pikepdf.Name.Widget,
                    Rect=[0, 0, 0, 0],
                    P=page.obj,
                )
            )
            page.obj.Annots = pikepdf.Array([field])
            pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
            pdf.save(target, encryption=encryption)
        return target.getvalue()

    return make


def code_of(data: bytes, field: str | None) -> str | None:
    try:
        field_taken_in(data, field)
    except RefusedError as error:
        return error.code
    return None


@pytest.mark.real("pdfsig")
@pytest.mark.real("qpdf")
@pytest.mark.parametrize(
    "encryption",
    [
        pikepdf.Encryption(owner="o", R=3, aes=False, metadata=False),
        pikepdf.Encryption(owner="o", R=4, aes=False, metadata=False),
        pikepdf.Encryption(owner="o", R=4),
        pikepdf.Encryption(owner="o", R=5),
        pikepdf.Encryption(owner="o", R=6),
    ],
    ids=["RC4", "RC4 by a filter", "AES-128", "AES-256 of PDF 1.7", "AES-256"],
)
@pytest.mark.parametrize("field", [None, "Trống"])
def test_an_encrypted_file_is_signed_and_made_lasting(
    trust_world: TrustWorld,
    tmp_path: Path,
    encrypted: Encrypt,
    encryption: pikepdf.Encryption,
    field: str | None,
) -> None:
    data, target = encrypted(encryption), tmp_path / "signed.pdf"
    request = request_for(trust_world.officer_a, level=Level.B_LTA, field=field, stamp=STAMP)
    pades.sign(
        MemorySource(data),
        target,
        trust_world.officer_a,
        request,
        trust_world.timestamps(NOW),
        trust_world.revocation(NOW),
        trust_world.trust(),
    )
    assert target.read_bytes().startswith(data)
    assert pdfsig(target)[0] == "Signature is Valid."
    assert qpdf_is_content(target)
    with FileSource(target) as source:
        document = open_pdf(source)
        reference = Ref(document.signatures[0].object_number or 0)
        signature = document.final_view.dictionary(reference)
        assert signature["Reason"] == b"\xfe\xff" + "Ký duyệt".encode("utf-16-be")
        later = NOW + timedelta(minutes=1)
        report = verify(source, "a.pdf", trust_world.trust(), later, default_policy())
    assert report.conclusion is Conclusion.PASSED
    assert [one.level for one in report.signatures if one.kind == "signature"] == ["B-LTA"]


def test_what_the_owner_allows_counts(encrypted: Encrypt) -> None:
    def made(allow: pikepdf.Permissions, owner: str = "o") -> bytes:
        return encrypted(pikepdf.Encryption(owner=owner, R=6, allow=allow))

    assert code_of(made(ALL), None) is None
    # Signing in a field that is there is filling in; a new field is more than that (table 22).
    assert code_of(made(NO_NEW_FIELDS), None) == "signing_forbidden"
    assert code_of(made(NO_NEW_FIELDS), "Trống") is None
    assert code_of(made(NOTHING), "Trống") == "signing_forbidden"
    # Who needs no owner's password is the owner.
    assert code_of(made(NOTHING, owner=""), None) is None


def test_a_file_under_a_code_of_its_own_is_left_alone() -> None:
    data = encrypted_with_code()
    assert code_of(data, None) == "signing_forbidden"


def encrypted_with_code() -> bytes:
    """Return a file whose trailer says that a code guards all of it (ISO/TS 32004)."""
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.trailer["/AuthCode"] = pikepdf.Dictionary(MACLocation=pikepdf.Name.Standalone)
        pdf.save(target)
    return target.getvalue()
