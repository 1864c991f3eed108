"""The report: what was found about one file. Frozen; ``None`` is "could not be determined"."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from antin.core.errors import RefusedError
from antin.verifier.pictures import PagePictures


class Conclusion(StrEnum):
    """The verdict on a whole file (docs/verifier.md)."""

    PASSED = "TOTAL-PASSED"
    FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"
    NO_SIGNATURE = "NO-SIGNATURE"
    UNREADABLE = "UNREADABLE"


class Indication(StrEnum):
    """The verdict on one signature or time-stamp (EN 319 102-1 §5.1.3)."""

    PASSED = "TOTAL-PASSED"
    FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Check(StrEnum):
    """The checks of one signature that stand in a report (EN 319 102-1 §5.2, §5.5, §5.6)."""

    FORMAT = "format"
    SIGNING_CERTIFICATE = "signing-certificate"
    CRYPTOGRAPHY = "cryptography"
    TIMESTAMPS = "timestamps"
    SIGNATURE_POLICY = "signature-policy"
    CERTIFICATE_PATH = "certificate-path"
    ALGORITHMS = "algorithms"
    TIME_ORDER = "time-order"
    CHANGES = "changes"
    POLICY = "policy"
    """Only where the policy makes a failure of what would be a remark."""


class ChangeLevel(StrEnum):
    """What later revisions did, from harmless to not allowed by any rule."""

    NONE = "none"
    LTA_UPDATES = "lta-updates"
    FORM_FILLING = "form-filling"
    ANNOTATIONS = "annotations"
    OTHER = "other"


@dataclass(frozen=True)
class Finding:
    """One thing found: a stable code, an English sentence, where."""

    code: str
    severity: Severity
    detail: str
    revision: int | None = None
    """1-based revision of the file that the finding is about."""
    page: int | None = None
    """1-based page."""
    object_number: int | None = None
    offset: int | None = None
    """Byte offset in the file."""
    values: tuple[tuple[str, str | int], ...] = ()
    """What fills the code's sentence, so that it can be said in another language."""
    pictures: PagePictures | None = None
    """How the page looked and looks, where that is what was found."""

    @property
    def is_error(self) -> bool:
        """Whether it speaks against what it is about."""
        return self.severity is Severity.ERROR


@dataclass(frozen=True)
class CertificateSummary:
    """A certificate as a reader wants it."""

    subject: str
    issuer: str
    serial: str
    """Lower-case hex."""
    not_before: datetime
    not_after: datetime
    sha256: str


@dataclass(frozen=True)
class AlgorithmSummary:
    """Names as in ``pki.algorithms``; ``key`` like ``rsa-3072`` or ``ec-p256``."""

    digest: str
    signature: str
    key: str


@dataclass(frozen=True)
class RevocationSummary:
    """One revocation status that the verdict leaned on."""

    subject: str
    source: str
    """``crl``, ``ocsp`` or ``none``."""
    status: str
    """``good``, ``revoked``, ``unknown`` or ``unavailable``."""
    this_update: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class CheckSummary:
    """What one check found; a check that is not listed was not made."""

    name: Check
    indication: Indication
    sub_indication: str | None = None


@dataclass(frozen=True)
class TimestampSummary:
    """A time-stamp in a signature that holds by itself."""

    time: datetime
    authority: CertificateSummary
    digest: str
    """Algorithm of its imprint."""
    sha256: str
    """Of the token, hex."""
    proven: bool
    """Whether it proves its time: its authority is trusted and was not revoked."""
    kind: str = "signature"
    """``signature``: over the value, made after it; ``content``: over what was signed, before;
    ``archive``: over all of it."""


@dataclass(frozen=True)
class SignaturePolicySummary:
    """The policy that the signer names; what is said of it is as he says."""

    oid: str | None
    """None: said to be implied."""
    digest: str | None
    """Algorithm of ``value``."""
    value: str | None
    """Digest of the policy's document, hex."""
    uri: str | None


@dataclass(frozen=True)
class SignatureIdentity:
    """What tells this signature from every other; lower-case hex."""

    container_sha256: str
    """Of the CMS in /Contents, without padding."""
    attributes_sha256: str | None
    """Of the signed attributes as they are hashed for signing; None when there are none."""
    value: str
    """The signature value."""


@dataclass(frozen=True)
class ChangesAfter:
    """What was added to the file after the signature; ``level`` None: could not be determined."""

    level: ChangeLevel | None
    findings: tuple[Finding, ...] = ()
    attacks: tuple[Finding, ...] = ()
    """What the findings look like; a report has them among those of the signature."""


@dataclass(frozen=True)
class SignatureReport:
    """All that was found about one signature or document time-stamp."""

    field: str
    kind: str
    """``signature`` or ``document-timestamp``."""
    subfilter: str | None
    level: str | None
    """``B-B``, ``B-T``, ``B-LT``, ``B-LTA``, ``CMS`` or None."""
    indication: Indication
    sub_indication: str | None
    """Of EN 319 102-1, e.g. ``HASH_FAILURE``; None when passed."""
    digest_ok: bool | None
    signature_ok: bool | None
    byte_range: tuple[int, ...]
    revision: int | None
    covers_whole_file: bool
    signer: CertificateSummary | None
    claimed_signing_time: datetime | None
    best_signature_time: datetime | None
    time_source: str
    """``signature-timestamp``, ``document-timestamp``, ``archive-timestamp``, ``ledger``,
    ``evidence-record`` or ``none``."""
    algorithm: AlgorithmSummary | None
    changes_after: ChangesAfter
    chain: tuple[CertificateSummary, ...] = ()
    """Signer's certificate first, trust anchor last; empty when no path was found."""
    revocation: tuple[RevocationSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Error findings here explain the sub-indication."""
    warnings: tuple[Finding, ...] = ()
    checks: tuple[CheckSummary, ...] = ()
    """What each check found, in the order in which they were made."""
    timestamps: tuple[TimestampSummary, ...] = ()
    """Time-stamps in the signature that hold by themselves; others are findings."""
    document_digest: str | None = None
    """Hex, by ``algorithm.digest``: of all bytes that the byte range covers, as computed."""
    identity: SignatureIdentity | None = None
    """None when the container could not be read."""
    signature_policy: SignaturePolicySummary | None = None
    """None: the signer names none, or none that can be read."""


@dataclass(frozen=True)
class ReadError:
    """Why a file is UNREADABLE."""

    code: str
    detail: str
    offset: int | None = None
    values: tuple[tuple[str, str | int], ...] = ()
    """What fills the code's sentence, so that it can be said in another language."""


@dataclass(frozen=True)
class PolicyReference:
    """Which policy judged, by name and digest of its text."""

    id: str
    sha256: str


@dataclass(frozen=True)
class ContentSummary:
    """What a signature that is a file of its own was judged over."""

    file: str | None
    """Its name; None: it lies inside the signature's file, or only its digest was handed in."""
    sha256: str | None
    """Lower-case hex; None: only a digest of another algorithm is known."""
    size: int | None
    """Bytes; None: only a digest was handed in."""
    inside: bool
    """Whether it lies inside the signature's file."""


@dataclass(frozen=True)
class Report:
    """The report on one file; the same bytes, trust, time and policy give the same report."""

    file: str
    sha256: str
    size: int
    checked_at: datetime
    policy: PolicyReference
    conclusion: Conclusion
    error: ReadError | None = None
    findings: tuple[Finding, ...] = ()
    signatures: tuple[SignatureReport, ...] = field(default_factory=tuple)
    revisions: int | None = None
    """How many revisions the file has; None when it could not be read, or is no PDF."""
    container: str = "pdf"
    """What was judged: ``pdf``, or ``cms``, a signature that is a file of its own."""
    content: ContentSummary | None = None
    """Only for ``cms``: what was judged to be signed; None: it was not there."""

    def raise_if_not_passed(self) -> None:
        """Raise ``result_not_valid`` unless the conclusion is TOTAL-PASSED."""
        if self.conclusion is not Conclusion.PASSED:
            raise RefusedError(
                "result_not_valid", detail=self.why_not(), conclusion=self.conclusion.value
            )

    def why_not(self) -> str:
        """Return one English line: the conclusion and what caused it; empty when passed."""
        if self.conclusion is Conclusion.PASSED:
            return ""
        reasons = [self.error.detail] if self.error else []
        reasons += [f.detail for f in self.findings if f.is_error]
        for signature in self.signatures:
            if signature.indication is not Indication.PASSED:
                reasons.append(f"{signature.field}: {signature.sub_indication}")
                reasons += [f.detail for f in signature.findings if f.is_error]
        return f"{self.conclusion}" + (f" ({'; '.join(reasons)})" if reasons else "")
