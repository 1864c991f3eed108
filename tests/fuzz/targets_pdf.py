"""What reads PDFs: opening and everything read later, verifying, signing, writing anew."""

import hashlib
import tempfile
from functools import cache
from pathlib import Path

from antin.core.bytesource import MemorySource
from antin.core.errors import AntinError, InputError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pdf.document import Manner, PdfDocument, open_pdf
from antin.pdf.rewrite import rewrite
from antin.signer import pades
from antin.signer.files import appearing
from antin.signer.request import SignatureRequest, Stamp
from antin.verifier.extract import extract, revision_bytes, signed_bytes
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion, Indication, Report
from antin.verifier.verify import verify
from antin.verifier.writers.json import to_json
from antin.verifier.writers.text import to_text
from tests.fuzz.fixed_keys import OFFICER, fixed_key
from tests.fuzz.pdf_cases import foreign_pdf, pdf
from tests.fuzz.pdf_shapes import hostile_pdf
from tests.fuzz.seed_files import seed_trust, seeds
from tests.fuzz.target import Target
from tests.smallpki import NOW


def _read(case: bytes) -> None:
    document = open_pdf(MemorySource(case))
    _read_all(document)
    for field in document.signatures:
        _take_apart(document, field.name)


def _read_all(document: PdfDocument) -> None:
    """Read what is only read when somebody asks, of every revision."""
    _ = (document.page_count, document.fields, document.signatures, document.store_summary)
    _ = (document.usage_rights, document.stray_signatures, document.deviations)
    for revision in range(1, document.revisions + 1):
        document.revision_end(revision)
        document.brought_by(revision)
        view = document.view(revision)
        for number in document.numbers_in(revision):
            view.resolve(view.value(number))
            place = view.place(number)
            if place is not None:
                document.history.links(number, place)


def _take_apart(document: PdfDocument, name: str) -> None:
    try:
        found = extract(document, name)
        for pieces in (signed_bytes(document, found), revision_bytes(document, found)):
            for _ in pieces:
                pass
    except AntinError:
        return


def _verify(case: bytes) -> None:
    report = verify(MemorySource(case), "case.pdf", seed_trust(), NOW, default_policy())
    to_json(report).encode()
    to_text(report, str, verbose=True).encode()
    _judge(report, case)


def _judge(report: Report, case: bytes) -> None:
    """Nothing broke off inside, and nobody's word is believed for bytes that they never signed."""
    told = [*report.findings, *(f for one in report.signatures for f in one.findings)]
    defects = [found for found in told if found.code == "check_failed"]
    assert not defects, [found.detail for found in defects]
    assert report.error is None or report.error.code != "defect", report.error
    for one in report.signatures:
        if one.indication is Indication.PASSED:
            assert _covered(case, one.byte_range) in _known(), "a forgery was believed"
    if report.conclusion is Conclusion.PASSED:
        assert report.signatures, "passed without a signature"
        assert all(one.indication is Indication.PASSED for one in report.signatures)
    if report.error is not None:
        raise InputError(report.error.code, detail="as the report says")


def _covered(data: bytes, ranges: tuple[int, ...]) -> bytes:
    pairs = zip(ranges[::2], ranges[1::2], strict=True)
    return hashlib.sha256(b"".join(data[at : at + size] for at, size in pairs)).digest()


@cache
def _known() -> frozenset[bytes]:
    """Return the digests of what was really signed in the seeds."""
    found = set()
    for data in seeds("pdf").values():
        try:
            fields = open_pdf(MemorySource(data)).signatures
        except AntinError:
            continue
        found |= {_covered(data, field.byte_range) for field in fields}
    return frozenset(found)


@cache
def _request() -> SignatureRequest:
    key = _key()
    assert key.certificate is not None
    return SignatureRequest(key.certificate, key.algorithm, NOW)


@cache
def _key() -> InsecureSoftwareKey:
    return InsecureSoftwareKey(fixed_key(OFFICER), seeds("certificates")["officer"])


def _sign(case: bytes) -> None:
    request = _request()
    if len(case) % 3 == 0:
        stamp = Stamp(page=-1, left_mm=10, top_mm=10, width_mm=60, height_mm=20, text="Ký số")
        request = SignatureRequest(request.certificate, request.algorithm, NOW, stamp=stamp)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "signed.pdf"
        try:
            with appearing(output) as path:
                pades.sign(MemorySource(case), path, _key(), request, None, None)
        except AntinError:
            assert not list(Path(folder).iterdir()), "something was left behind"
            raise
        assert output.read_bytes().startswith(case), "what was there was changed"


def _rewrite(case: bytes) -> None:
    """Write a case anew, as tolerantly as it can be read: the copy is read strictly, and once."""
    copy = _copy_of(open_pdf(MemorySource(case), Manner.TOLERANT))
    refusal = _refusal(copy)
    assert refusal in {None, "pdf_too_complex"}, f"the copy is refused: {refusal}"
    if refusal:
        return
    made = open_pdf(MemorySource(copy))
    assert (made.revisions, made.deviations) == (1, ()), made.deviations
    again = _copy_of(made)
    assert _without_id(again) == _without_id(copy) or made.history.parser.cipher, "it drifts"


def _refusal(data: bytes) -> str | None:
    try:
        open_pdf(MemorySource(data))
    except InputError as error:
        return error.code
    return None


def _copy_of(document: PdfDocument) -> bytes:
    pieces: list[bytes] = []
    rewrite(document, pieces.append)
    return b"".join(pieces)


def _without_id(data: bytes) -> bytes:
    return data.rpartition(b"trailer")[0]


TARGETS = (
    Target("pdf-read", pdf, _read),
    Target("pdf-verify", pdf, _verify),
    Target("pdf-sign", pdf, _sign),
    Target("pdf-rewrite", pdf, _rewrite),
    Target("pdf-corpus-read", foreign_pdf, _read),
    Target("pdf-corpus-verify", foreign_pdf, _verify),
    Target("pdf-corpus-sign", foreign_pdf, _sign),
    Target("pdf-corpus-rewrite", foreign_pdf, _rewrite),
    Target("pdf-hostile-read", hostile_pdf, _read),
    Target("pdf-hostile-verify", hostile_pdf, _verify),
    Target("pdf-hostile-sign", hostile_pdf, _sign),
    Target("pdf-hostile-rewrite", hostile_pdf, _rewrite),
)
