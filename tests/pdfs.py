"""PDFs for tests: plain ones, signed ones (by pyHanko, another program), and tampered ones."""

import datetime as dt
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator.registry import SimpleCertificateStore

from antin.core.bytesource import MemorySource
from antin.pdf.document import PdfDocument, open_pdf

MOMENT = dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC)


def opened(data: bytes) -> PdfDocument:
    return open_pdf(MemorySource(data))


def assembled(objects: Mapping[int, bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    """Return a PDF of ``objects`` (number to what stands between obj and endobj)."""
    return appended(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", objects, trailer, previous=None)


def appended(
    data: bytes,
    objects: Mapping[int, bytes],
    trailer: bytes = b"/Root 1 0 R",
    previous: int | None = -1,
    freed: Sequence[int] = (),
) -> bytes:
    """Return ``data`` with an incremental update written by hand; -1: /Prev as it should be."""
    out = bytearray(data)
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    if previous == -1:
        previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    entries = {n: b"%010d 00000 n \n" % at for n, at in offsets.items()}
    entries |= dict.fromkeys(freed, b"0000000000 00001 f \n")
    if previous is None:
        entries[0] = b"0000000000 65535 f \n"
    out += b"xref\n" + b"".join(b"%d 1\n%b" % (n, entries[n]) for n in sorted(entries))
    size = max([*entries, *map(int, re.findall(rb"/Size (\d+)", data))]) + 1
    prev = b"" if previous is None else b"/Prev %d" % previous
    out += b"trailer\n<</Size %d %b %b>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, prev, start)
    return bytes(out)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d %b>>\nstream\n%b\nendstream" % (len(data), extra, data)


def letter(
    pages: int = 2,
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    more: Mapping[int, bytes] | None = None,
) -> bytes:
    """Return a plain PDF: catalogue 1, page tree 2, font 3, pages 10…, their contents 110…."""
    kids = b" ".join(b"%d 0 R" % (10 + n) for n in range(pages))
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R %b>>" % catalog,
        2: b"<</Type/Pages/Kids[%b]/Count %d/MediaBox[0 0 595 842]>>" % (kids, pages),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    }
    for n in range(pages):
        objects[10 + n] = (
            b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R %b>>"
            % (110 + n, page)
        )
        objects[110 + n] = stream(b"BT /F 12 Tf 72 700 Td (Page %d) Tj ET" % (n + 1))
    return assembled(objects | dict(more or {}))


FORM = {
    20: b"<</FT/Tx/T(name)/V()/Subtype/Widget/Rect[10 10 90 30]/P 10 0 R/AP<</N 21 0 R>>>>",
    21: stream(b"q Q", b"/Type/XObject/Subtype/Form/BBox[0 0 80 20]"),
}


def form_letter() -> bytes:
    """Return a letter with a text field ``name`` (object 20, appearance 21) on both its pages."""
    catalog = b"/AcroForm<</Fields[20 0 R]/DA(/F 12 Tf)>>"
    return letter(catalog=catalog, page=b"/Annots[20 0 R]", more=FORM)


@cache
def signer() -> signers.SimpleSigner:
    """Return a signer with a certificate of its own making."""
    return signers.SimpleSigner(*_identity("Nguyễn Văn A"), _no_more())


def signer_certificate() -> bytes:
    """Return the signer's DER certificate, which is its own issuer."""
    certificate = signer().signing_cert
    assert certificate is not None
    return bytes(certificate.dump())


def _no_more() -> Any:
    store: Any = SimpleCertificateStore
    return store()


@cache
def timestamper() -> timestamps.DummyTimeStamper:
    certificate, key = _identity("Time", ExtendedKeyUsageOID.TIME_STAMPING)
    return timestamps.DummyTimeStamper(certificate, key, _no_more(), fixed_dt=MOMENT)


def signed(
    data: bytes,
    name: str = "Sig1",
    *,
    timestamp: bool = False,
    box: tuple[int, int, int, int] | None = None,
    **meta: Any,
) -> bytes:
    """Return ``data`` signed by pyHanko, PAdES, in a new field ``name`` unless it is there."""
    writer = IncrementalPdfFileWriter(BytesIO(data), strict=False)
    meta.setdefault("subfilter", fields.SigSeedSubFilter.PADES)
    spec = fields.SigFieldSpec(name, box=box) if box else None
    pdf_signer = signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name=name, **meta),
        signer(),
        timestamper=timestamper() if timestamp else None,
        new_field_spec=spec,
    )
    return bytes(pdf_signer.sign_pdf(writer).getvalue())


def timestamped(data: bytes) -> bytes:
    """Return ``data`` with a document time-stamp."""
    writer = IncrementalPdfFileWriter(BytesIO(data), strict=False)
    stamper = signers.PdfTimeStamper(timestamper())
    return bytes(stamper.timestamp_pdf(writer, "sha256").getvalue())


def updated(data: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """Return ``data`` with what ``change`` does to it as an incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(data), strict=False)
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def with_validation_data(data: bytes, *items: bytes) -> bytes:
    """Return ``data`` with a document security store of certificates ``items``."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        refs = [writer.add_object(generic.StreamObject(stream_data=item)) for item in items]
        store = generic.DictionaryObject({generic.pdf_name("/Certs"): generic.ArrayObject(refs)})
        writer.root["/DSS"] = writer.add_object(store)
        writer.update_root()

    return updated(data, add)


def qpdf(data: bytes, folder: Path, *options: str) -> bytes:
    """Return what qpdf makes of ``data``."""
    source, target = folder / "in.pdf", folder / "out.pdf"
    source.write_bytes(data)
    subprocess.run(["qpdf", *options, str(source), str(target)], check=True, capture_output=True)
    return target.read_bytes()


def _key(*, rsa_key: bool) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """Return a fresh key; pyHanko's time-stamper in memory knows RSA only."""
    return (
        rsa.generate_private_key(65537, 2048)
        if rsa_key
        else ec.generate_private_key(ec.SECP256R1())
    )


def _identity(name: str, *usages: x509.ObjectIdentifier) -> tuple[Any, Any]:
    key = _key(rsa_key=bool(usages))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(MOMENT - dt.timedelta(days=30))
        .not_valid_after(MOMENT + dt.timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    encoded = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (
        asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        asn1_keys.PrivateKeyInfo.load(encoded),
    )
