"""Reports as values, for the tests of what is written from them."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from antin.verifier.findings import finding
from antin.verifier.pictures import PagePictures, Picture
from antin.verifier.report import (
    AlgorithmSummary,
    CertificateSummary,
    ChangeLevel,
    ChangesAfter,
    Check,
    CheckSummary,
    Conclusion,
    ContentSummary,
    Indication,
    PolicyReference,
    ReadError,
    Report,
    RevocationSummary,
    Severity,
    SignatureIdentity,
    SignatureReport,
    TimestampSummary,
)

MOMENT = datetime(2026, 6, 1, 8, tzinfo=UTC)
YEAR = timedelta(days=365)
DIGEST = "0" * 64
SIGNER = CertificateSummary(
    "CN=Nguyễn Văn A,OU=Phòng Tổ chức,O=Sở Nội vụ (mẫu)",
    "CN=CA Cán bộ,O=Cơ quan chứng thực (mẫu)",
    "0a",
    MOMENT - YEAR,
    MOMENT + YEAR,
    "a" * 64,
)
AUTHORITY = CertificateSummary(
    SIGNER.issuer, "CN=CA Gốc,O=Cơ quan chứng thực (mẫu)", "02", MOMENT - YEAR, MOMENT, "b" * 64
)
ANCHOR = CertificateSummary(
    AUTHORITY.issuer, AUTHORITY.issuer, "01", MOMENT - YEAR, MOMENT + YEAR, "c" * 64
)
TSA = CertificateSummary("CN=TSA (mẫu)", ANCHOR.subject, "03", MOMENT, MOMENT + YEAR, "d" * 64)
STAMP = TimestampSummary(MOMENT, TSA, "sha256", "e" * 64, proven=True)
ALL_CHECKS = (
    Check.FORMAT,
    Check.CRYPTOGRAPHY,
    Check.SIGNING_CERTIFICATE,
    Check.TIMESTAMPS,
    Check.CERTIFICATE_PATH,
    Check.ALGORITHMS,
    Check.TIME_ORDER,
    Check.CHANGES,
)


def checks(*names: Check, **failed: str) -> tuple[CheckSummary, ...]:
    """Return passed checks; ``CHANGES="FORMAT_FAILURE"`` makes one fail."""
    return tuple(
        CheckSummary(name, Indication.FAILED, failed[name.name])
        if name.name in failed
        else CheckSummary(name, Indication.PASSED)
        for name in names
    )


SIGNATURE = SignatureReport(
    field="Sig1",
    kind="signature",
    subfilter="ETSI.CAdES.detached",
    level="B-T",
    indication=Indication.PASSED,
    sub_indication=None,
    digest_ok=True,
    signature_ok=True,
    byte_range=(0, 10, 20, 30),
    revision=2,
    covers_whole_file=False,
    signer=SIGNER,
    claimed_signing_time=MOMENT,
    best_signature_time=MOMENT,
    time_source="signature-timestamp",
    algorithm=AlgorithmSummary("sha256", "ecdsa", "ec-p256"),
    changes_after=ChangesAfter(ChangeLevel.LTA_UPDATES),
    chain=(SIGNER, AUTHORITY, ANCHOR),
    revocation=(
        RevocationSummary(SIGNER.subject, "ocsp", "good", MOMENT),
        RevocationSummary(AUTHORITY.subject, "crl", "good", MOMENT),
    ),
    checks=checks(*ALL_CHECKS),
    timestamps=(STAMP,),
    document_digest="1" * 64,
    identity=SignatureIdentity("2" * 64, "3" * 64, "4" * 128),
)
DOCUMENT_STAMP = replace(
    SIGNATURE,
    field="DocTS",
    kind="document-timestamp",
    subfilter="ETSI.RFC3161",
    level=None,
    revision=3,
    byte_range=(0, 12_000, 12_100, 245),
    covers_whole_file=True,
    signer=TSA,
    claimed_signing_time=MOMENT + YEAR,
    best_signature_time=MOMENT + YEAR,
    time_source="document-timestamp",
    algorithm=AlgorithmSummary("sha256", "rsassa_pkcs1v15", "rsa-2048"),
    changes_after=ChangesAfter(ChangeLevel.NONE),
    chain=(TSA, ANCHOR),
    revocation=(RevocationSummary(TSA.subject, "crl", "good", MOMENT),),
    timestamps=(),
    identity=SignatureIdentity("5" * 64, "6" * 64, "7" * 128),
)
PASSED = Report(
    "a.pdf",
    DIGEST,
    12345,
    MOMENT,
    PolicyReference("vn-office", DIGEST),
    Conclusion.PASSED,
    signatures=(SIGNATURE,),
    revisions=3,
)
ADDED = finding("page_added", Severity.ERROR, revision=3, page=2, object_number=50)
FAILED = replace(
    PASSED,
    conclusion=Conclusion.FAILED,
    signatures=(
        replace(
            SIGNATURE,
            indication=Indication.FAILED,
            sub_indication="FORMAT_FAILURE",
            changes_after=ChangesAfter(ChangeLevel.OTHER, (ADDED,)),
            findings=(ADDED,),
            checks=checks(*ALL_CHECKS, CHANGES="FORMAT_FAILURE"),
        ),
    ),
)
UNREADABLE = replace(
    PASSED,
    conclusion=Conclusion.UNREADABLE,
    error=ReadError("not_a_pdf", "The file is not a PDF: it has no %PDF header."),
    signatures=(),
    revisions=None,
)
UNKNOWN = replace(
    PASSED,
    conclusion=Conclusion.INDETERMINATE,
    signatures=(
        replace(
            SIGNATURE,
            level=None,
            indication=Indication.INDETERMINATE,
            sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
            digest_ok=None,
            signature_ok=None,
            byte_range=(),
            revision=None,
            signer=None,
            claimed_signing_time=None,
            best_signature_time=None,
            time_source="none",
            algorithm=None,
            changes_after=ChangesAfter(None),
            chain=(),
            revocation=(),
            checks=(),
            timestamps=(),
            document_digest=None,
            identity=None,
        ),
    ),
)
UNSIGNED = replace(PASSED, conclusion=Conclusion.NO_SIGNATURE, signatures=())
HIDDEN = replace(
    PASSED,
    conclusion=Conclusion.FAILED,
    findings=(finding("signature_unreachable", Severity.ERROR, offset=77),),
)
"""A file that fails although every signature that its fields show passes."""
REVOKED = replace(
    PASSED,
    conclusion=Conclusion.FAILED,
    signatures=(
        replace(
            SIGNATURE,
            indication=Indication.FAILED,
            sub_indication="REVOKED",
            findings=(
                finding("path_revoked", Severity.ERROR, subject=SIGNER.subject, date="2026-01-02"),
            ),
            revocation=(
                RevocationSummary(SIGNER.subject, "crl", "revoked", MOMENT, MOMENT - YEAR),
            ),
            checks=checks(*ALL_CHECKS, CERTIFICATE_PATH="REVOKED"),
        ),
    ),
)
SEVERAL = replace(
    PASSED,
    signatures=(
        SIGNATURE,
        replace(SIGNATURE, field="Sig2", identity=SignatureIdentity("8" * 64, None, "9" * 128)),
        DOCUMENT_STAMP,
    ),
)
_ALONE = replace(
    SIGNATURE,
    field="",
    subfilter=None,
    level="B-B",
    byte_range=(),
    revision=None,
    covers_whole_file=True,
    best_signature_time=None,
    time_source="none",
    changes_after=ChangesAfter(ChangeLevel.NONE),
    timestamps=(),
    checks=checks(*(name for name in ALL_CHECKS if name is not Check.CHANGES)),
)
ALONE = replace(
    PASSED,
    file="thư.txt.p7s",
    signatures=(_ALONE,),
    revisions=None,
    container="cms",
    content=ContentSummary("thư.txt", "1" * 64, 777, inside=False),
)
"""A signature that is a file of its own."""
ENVELOPED = replace(ALONE, content=ContentSummary(None, "1" * 64, 777, inside=True))
DIGEST_ONLY = replace(ALONE, content=ContentSummary(None, None, None, inside=False))
WITHOUT_CONTENT = replace(
    ALONE,
    conclusion=Conclusion.INDETERMINATE,
    signatures=(
        replace(
            _ALONE,
            indication=Indication.INDETERMINATE,
            sub_indication="SIGNED_DATA_NOT_FOUND",
            digest_ok=None,
            covers_whole_file=False,
            changes_after=ChangesAfter(None),
            findings=(finding("content_missing", Severity.ERROR),),
            document_digest=None,
        ),
    ),
    content=None,
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
PICTURE = Picture(PNG, 1, 1, hashlib.sha256(PNG).hexdigest())
FILLED = replace(
    finding("page_look_as_allowed", Severity.INFO, page=1),
    pictures=PagePictures("pdfium 1", 1, 1, PICTURE, PICTURE, PICTURE),
)
LOOKS = (
    FILLED,
    replace(
        finding("page_look_changed", Severity.ERROR, page=3, before="100", after="900"),
        pictures=PagePictures("pdfium 1", 2, 3, PICTURE, PICTURE, PICTURE),
    ),
    replace(
        finding("page_look_changed", Severity.ERROR, page=2, before="–", after="new"),
        pictures=PagePictures("pdfium 1", None, 2, None, PICTURE, None),
    ),
    replace(
        finding("page_look_changed", Severity.ERROR, page=4, before="old", after="–"),
        pictures=PagePictures("pdfium 1", 4, None, PICTURE, None, None),
    ),
    finding("more_pages_look_changed", Severity.ERROR, count=7),
    finding("pictures_unavailable", Severity.WARNING, count=2, reason="no"),
    finding("pages_look_same", Severity.INFO, count=5),
)
CHANGED = replace(
    FAILED,
    signatures=(
        replace(
            FAILED.signatures[0],
            findings=LOOKS[1:5],
            changes_after=ChangesAfter(ChangeLevel.OTHER, LOOKS),
        ),
    ),
)
"""Pages that look different: filled in, altered, added, taken away."""
ALL = {
    "changed": CHANGED,
    "passed": PASSED,
    "failed": FAILED,
    "unreadable": UNREADABLE,
    "unknown": UNKNOWN,
    "unsigned": UNSIGNED,
    "hidden": HIDDEN,
    "revoked": REVOKED,
    "several": SEVERAL,
    "alone": ALONE,
    "enveloped": ENVELOPED,
    "digest-only": DIGEST_ONLY,
    "without-content": WITHOUT_CONTENT,
}
