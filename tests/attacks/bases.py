"""The letter signed by three programs: ours, pyHanko, and openssl in a place made by hand."""

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter

from antin.core.bytesource import MemorySource
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.request import Level, SignatureRequest, Stamp
from tests.attacks.update import Update
from tests.pdfs import stream
from tests.signedpdf import software_signer, trust_in
from tests.smallpki import DAY, NOW, Holder, make_root, make_token, make_tsa

_ROOM: Final = 4096
BOX: Final = (300, 40, 400, 80)
"""Where a signature shows on page 1; small beside the page."""


@dataclass(frozen=True)
class Office:
    """Two officers of one authority, a time-stamping authority, and a stranger."""

    root: Holder
    officer: Holder
    other: Holder
    stranger: Holder
    tsa: Holder

    @property
    def trust(self) -> TrustMaterial:
        return trust_in(self.root, crls=(self.root.crl(NOW - DAY),))


@cache
def office() -> Office:
    root = make_root()
    return Office(
        root,
        root.issue("Nguyễn Văn A"),
        root.issue("Trần Thị B"),
        make_root("Stranger"),
        make_tsa(root),
    )


def by_antin(data: bytes, holder: Holder, name: str | None = None, *, shown: bool = True) -> bytes:
    """Return ``data`` signed by our own signer, B-B."""
    key = InsecureSoftwareKey(holder.key, holder.der)
    request = SignatureRequest(
        certificate=holder.der,
        algorithm=key.algorithm,
        signing_time=NOW,
        level=Level.B_B,
        field_name=name,
        reason="Approved",
        location="Hà Nội",
        signer_name="Nguyễn Văn A",
        stamp=Stamp(1, 110, 260, 30, 12, text="Signed") if shown else None,
    )
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.pdf"
        pades.sign(MemorySource(data), target, key, request, None, None)
        return target.read_bytes()


def by_pyhanko(
    data: bytes,
    holder: Holder,
    name: str = "Sig1",
    *,
    box: tuple[int, int, int, int] | None = BOX,
    permission: MDPPerm | None = None,
) -> bytes:
    """Return ``data`` signed by pyHanko's plain signer; with ``permission`` it certifies."""
    metadata = signers.PdfSignatureMetadata(
        field_name=name,
        subfilter=SigSeedSubFilter.PADES,
        reason="Approved",
        location="Hà Nội",
        name="Nguyễn Văn A",
        certify=permission is not None,
        docmdp_permissions=permission or MDPPerm.FILL_FORMS,
    )
    spec = SigFieldSpec(name, box=box) if box else None
    signer = signers.PdfSigner(metadata, software_signer(holder), new_field_spec=spec)
    writer = IncrementalPdfFileWriter(BytesIO(data), strict=False)
    return bytes(signer.sign_pdf(writer, bytes_reserved=2 * _ROOM).getvalue())


_HOLDING: Final = b"[0 %b]" % (b"*" * 32)
_BLANK: Final = b"<%b>" % (b"0" * (2 * _ROOM))
PLACEHOLDER: Final = (
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/M(D:20260601120000Z)"
    b"/Reason(Approved)/Location(Ha Noi)/Name(Nguyen Van A)/ByteRange%b/Contents%b>>"
    % (_HOLDING, _BLANK)
)
"""A signature dictionary that :func:`completed` fills in."""


def completed(made: bytes, holder: Holder, *, token: bool = False) -> bytes:
    """Return a file with openssl's signature, or a time-stamp token, in its placeholder."""
    start, end = made.index(_BLANK), made.index(_BLANK) + len(_BLANK)
    filled = b"[0 %d %d %d]" % (start, end, len(made) - end)
    made = made.replace(_HOLDING, filled.ljust(len(_HOLDING)))
    content = made[:start] + made[end:]
    digest = hashlib.sha256(content).digest()
    cms = make_token(holder, digest, NOW) if token else _openssl_cms(content, holder)
    return made[: start + 1] + cms.hex().encode().ljust(2 * _ROOM, b"0") + made[end - 1 :]


def by_openssl(data: bytes, holder: Holder, name: str = "Sig1") -> bytes:
    """Return ``data`` with a field and a placeholder written by hand, and openssl's CMS in it."""
    update = Update(data)
    value, page = update.add(PLACEHOLDER).number, update.document.pages.pages[0]
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 100 40]/Resources<<>>"
    look = update.add(stream(b"0 0 100 40 re S", form)).number
    update.add_field(
        b"<</FT/Sig/T(%b)/V %d 0 R/Type/Annot/Subtype/Widget/F 132/P %d 0 R"
        b"/Rect[300 40 400 80]/AP<</N %d 0 R>>>>" % (name.encode(), value, page, look)
    )
    return completed(update.data, holder)


def _openssl_cms(content: bytes, holder: Holder) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pem = serialization.Encoding.PEM
        (place / "content").write_bytes(content)
        (place / "certificate").write_bytes(holder.certificate.public_bytes(pem))
        clear = serialization.NoEncryption()
        pkcs8 = serialization.PrivateFormat.PKCS8
        (place / "key").write_bytes(holder.key.private_bytes(pem, pkcs8, clear))
        words = "cms -sign -binary -cades -md sha256 -outform DER -in content -signer certificate"
        command = ["openssl", *words.split(), "-inkey", "key", "-out", "cms"]
        subprocess.run(command, cwd=place, check=True, capture_output=True)
        return (place / "cms").read_bytes()
