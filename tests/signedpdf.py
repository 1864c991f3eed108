"""Signed PDFs as another program makes them (pyHanko's plain signer), with keys of ``smallpki``."""

import hashlib
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from asn1crypto import crl, keys, ocsp, parser, tsp, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.registry import SimpleCertificateStore

from antin.core.bytesource import MemorySource
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial
from antin.verifier.policy import Policy, default_policy
from antin.verifier.report import Report, SignatureReport
from antin.verifier.verify import verify
from tests.smallpki import NOW, Holder, answer_query

_PAGE = b"BT /F1 12 Tf 72 720 Td (Specimen letter) Tj ET"


def blank_pdf() -> bytes:
    """Return a PDF of one page, with a classic cross-reference table."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(_PAGE), _PAGE),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    data, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return data + head + table + trailer % (len(bodies) + 1, len(data))


class FixedTimeStamper(TimeStamper):
    """A time-stamping authority in memory that tells the time it is given."""

    def __init__(self, tsa: Holder, moment: datetime, **changes: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as pyHanko has it
        self._tsa, self._moment, self._changes = tsa, moment, changes

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        response = answer_query(self._tsa, req.dump(), self._moment, **self._changes)
        return tsp.TimeStampResp.load(response)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        """Skip pyHanko's own checks: a wrong token is what some tests want."""
        request: Any = self.request_cms
        _, query = request(message_digest, md_algorithm)
        response = await self.async_request_tsa_response(query)
        return response["time_stamp_token"]

    async def async_dummy_response(self, md_algorithm: str) -> Any:
        return await self.async_timestamp(hashlib.new(md_algorithm).digest(), md_algorithm)


def software_signer(holder: Holder, *, pss: bool = False) -> signers.SimpleSigner:
    """Return pyHanko's signer for ``holder``."""
    key = holder.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    store: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # as pyHanko has it
    store.register_multiple([x509.Certificate.load(der) for der in holder.chain])
    return signers.SimpleSigner(
        signing_cert=x509.Certificate.load(holder.der),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
        prefer_pss=pss,
    )


def sign(
    data: bytes,
    holder: Holder,
    name: str = "Sig1",
    *,
    stamped: FixedTimeStamper | None = None,
    subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.PADES,
    digest: str = "sha256",
    pss: bool = False,
    signer: signers.Signer | None = None,
    room: int = 32768,
) -> bytes:
    """Return ``data`` with one more signature, whose container has ``room`` bytes."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    metadata = signers.PdfSignatureMetadata(
        field_name=name, md_algorithm=digest, subfilter=subfilter
    )
    pdf_signer = signers.PdfSigner(
        metadata, signer or software_signer(holder, pss=pss), timestamper=stamped
    )
    return bytes(pdf_signer.sign_pdf(writer, bytes_reserved=room).getvalue())


def stamp(data: bytes, stamper: FixedTimeStamper, name: str = "Stamp1", room: int = 32768) -> bytes:
    """Return ``data`` with a document time-stamp."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    pdf_stamper = signers.PdfTimeStamper(stamper, field_name=name)
    return bytes(pdf_stamper.timestamp_pdf(writer, "sha256", bytes_reserved=room).getvalue())


def add_store(
    data: bytes,
    certificates: Sequence[bytes] = (),
    crls: Sequence[bytes] = (),
    ocsps: Sequence[bytes] = (),
) -> bytes:
    """Return ``data`` with validation data in a document security store, in its own revision."""
    output = io.BytesIO(data)
    DocumentSecurityStore.add_dss(
        output,
        None,
        certs=[x509.Certificate.load(der) for der in certificates],
        crls=[crl.CertificateList.load(der) for der in crls],
        ocsps=[ocsp.OCSPResponse.load(der) for der in ocsps],
    )
    return output.getvalue()


def replace_cms(data: bytes, change: Callable[[bytes], bytes], position: int = -1) -> bytes:
    """Return ``data`` with the CMS of a signature put through ``change``; its length may shrink."""
    found = PdfFileReader(io.BytesIO(data)).embedded_signatures[position]
    first, length, second, _ = found.byte_range
    start, end = first + length + 1, second - 1
    whole = bytes.fromhex(data[start:end].decode())
    inner = change(whole[: parser.peek(whole)])
    hexed = inner.hex().encode().ljust(end - start, b"0")
    assert len(hexed) == end - start
    return data[:start] + hexed + data[end:]


def add_page(data: bytes) -> bytes:
    """Return ``data`` with a page added by an incremental update."""
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(data))
    untyped: Any = generic
    box = untyped.ArrayObject([untyped.NumberObject(n) for n in (0, 0, 595, 842)])
    page = untyped.DictionaryObject()
    page[generic.pdf_name("/Type")] = generic.pdf_name("/Page")
    page[generic.pdf_name("/MediaBox")] = box
    page[generic.pdf_name("/Resources")] = untyped.DictionaryObject()
    writer.insert_page(page)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def trust_in(
    *roots: Holder, crls: Sequence[bytes] = (), ocsps: Sequence[bytes] = ()
) -> TrustMaterial:
    """Return trust in ``roots`` for everything, with revocation data at hand."""
    anchors = tuple(TrustAnchor(root.der) for root in roots)
    return TrustMaterial(anchors, (), RevocationData(tuple(crls), tuple(ocsps)))


def check(
    data: bytes, trust: TrustMaterial, at: datetime = NOW, policy: Policy | None = None
) -> Report:
    """Return the report on ``data`` at ``at``."""
    return verify(MemorySource(data), "specimen.pdf", trust, at, policy or default_policy())


def only(report: Report) -> SignatureReport:
    """Return what is said of the one signature that there is."""
    assert len(report.signatures) == 1, report
    return report.signatures[0]


def verdict(report: Report) -> tuple[str, str | None]:
    """Return indication and sub-indication of the one signature that there is."""
    return str(only(report).indication), only(report).sub_indication
