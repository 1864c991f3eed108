"""What the bytes of a signature say by themselves, without trust or time (EN 319 102-1 §5.2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from antin.core.digests import digest_of, same
from antin.core.errors import InputError, RefusedError
from antin.pdf.document import PdfDocument, SignatureField
from antin.pki.certificates import Certificate
from antin.pki.cms_read import (
    ParsedSignature,
    check_value,
    ess_matches,
    find_signer,
)
from antin.pki.signature_policy import read_signature_policy
from antin.pki.timestamps import TimestampFacts, TimestampToken
from antin.verifier import building_blocks as blocks
from antin.verifier.archive_stamps import NONE_HELD, HeldStamps
from antin.verifier.building_blocks import PASSED, Block
from antin.verifier.containers import KNOWN, UNBOUND, Container, Stated, read_container
from antin.verifier.findings import finding, leniencies, reason_of
from antin.verifier.own_timestamps import Stamps, content_stamps_of, stamped, stamps_of
from antin.verifier.policy import Policy
from antin.verifier.range_digests import Wanted
from antin.verifier.report import Check, Finding, Indication, Severity
from antin.verifier.structure import signature_findings


@dataclass(frozen=True)
class Read:
    """One signature field, its structure looked at and its container parsed."""

    field: SignatureField
    structure: tuple[Finding, ...]
    cms: ParsedSignature | None = None
    token: TimestampToken | None = None
    """For a document time-stamp: the token, whose CMS ``cms`` is."""
    stated: Stated | None = None
    """What the container says of the byte range; None when there is no ``cms``."""
    problem: Block | None = None
    """Why there is no ``cms``."""
    in_pdf: bool = True
    """False: the container is a file of its own."""
    lacking: Block | None = None
    """Why the digest of what was signed can't be computed, where the caller knows."""
    archive: HeldStamps = NONE_HELD
    """Its archive time-stamps, where it is a file of its own."""

    @property
    def is_timestamp(self) -> bool:
        return self.field.kind == "document-timestamp"

    @property
    def must_be_bound(self) -> bool:
        """Whether a signed attribute has to name the signer's certificate."""
        return self.is_timestamp or (self.in_pdf and self.field.subfilter not in UNBOUND)

    @property
    def wanted(self) -> Wanted | None:
        """The digest of the byte range that is to be computed."""
        stated = self.stated
        return None if stated is None else Wanted(stated.digest, self.field.byte_range)


@dataclass(frozen=True)
class Examined:
    """One signature after everything that its own bytes can tell."""

    read: Read
    block: Block
    """Format, identification of the certificate and cryptography, put together."""
    signer: Certificate | None = None
    digest_ok: bool | None = None
    signature_ok: bool | None = None
    stamps: tuple[TimestampFacts, ...] = field(default=(), repr=False)
    """Its signature time-stamps that hold by themselves."""
    content_stamps: tuple[TimestampFacts, ...] = field(default=(), repr=False)
    """Time-stamps over its content that it signs along, and that hold by themselves."""
    warnings: tuple[Finding, ...] = ()
    digest: bytes | None = field(default=None, repr=False)
    """Of what the byte range covers, as computed."""

    @property
    def all_stamps(self) -> tuple[TimestampFacts, ...]:
        return (*self.stamps, *self.content_stamps)

    @property
    def field(self) -> SignatureField:
        return self.read.field

    @property
    def holds(self) -> bool:
        """Whether digest and value are right and its place in the file breaks no rule."""
        passed = self.block.indication is Indication.PASSED
        return passed and self.digest_ok is True and self.signature_ok is True


def read_signature(document: PdfDocument, field: SignatureField) -> Read:
    """Look at the structure of ``field`` and parse its container. Never raises for bad bytes."""
    structure = signature_findings(document, field)
    if field.problem is not None:
        return Read(field, structure)
    try:
        found = read_container(field)
    except InputError as error:
        return Read(field, structure, problem=_unreadable(field, error))
    except RefusedError as error:
        return Read(field, structure, problem=unsupported_by(error))
    return _placed(field, structure, found)


def _unreadable(field: SignatureField, error: InputError) -> Block:
    """Tell what can't be read from what is of a kind that nobody knows here."""
    if field.subfilter in KNOWN:
        return blocks.failed("FORMAT_FAILURE", "signature_malformed", reason=reason_of(error))
    named = field.subfilter or "without /SubFilter"
    code = "subfilter_unsupported"
    return blocks.indeterminate("SIG_CONSTRAINTS_FAILURE", code, subfilter=named)


def _placed(field: SignatureField, structure: tuple[Finding, ...], found: Container) -> Read:
    """Put together what was read; a name that does not fit what is there is told."""
    if field.subfilter not in found.forms:
        named, form = field.subfilter or "without /SubFilter", found.forms[0]
        code = "subfilter_misleading"
        told = finding(code, Severity.WARNING, subfilter=named, form=form)
        structure = (*structure, told)
    place = replace(field, kind="signature" if found.token is None else "document-timestamp")
    return Read(place, structure, found.cms, found.token, found.stated)


def examine(
    read: Read, digest: bytes | None, known: Iterable[Certificate], policy: Policy
) -> Examined:
    """Check what needs neither trust nor time; ``digest`` is that of the byte range, if any."""
    placed = blocks.format_checking(read.structure)
    cms = read.cms
    if cms is None:
        missing = blocks.failed("FORMAT_FAILURE", "signature_malformed", reason="it is missing")
        unread = blocks.weighed((placed, read.problem or missing), policy)
        return Examined(read, blocks.named(Check.FORMAT, unread))
    signer = find_signer(cms, tuple(known))
    digest_ok, signature_ok, unsupported = _cryptography(read, cms, signer, digest)
    own, over_content = Stamps(), Stamps()
    if not read.is_timestamp:
        own, over_content = stamps_of(cms), content_stamps_of(cms)
    warnings = leniencies(cms.deviations) + _unjudged(cms) + own.warnings + over_content.warnings
    archive = read.archive
    warnings += archive.warnings
    identified = blocks.signing_certificate(
        signer,
        bound=None if signer is None else ess_matches(cms, signer),
        must_be_bound=read.must_be_bound,
    )
    verified = blocks.cryptographic_verification(digest_ok=digest_ok, signature_ok=signature_ok)
    if verified.indication is Indication.INDETERMINATE:
        verified = unsupported or read.lacking or verified
    found = (
        blocks.named(Check.FORMAT, placed),
        _without_signer(digest_ok=digest_ok)
        if signer is None
        else blocks.named(Check.CRYPTOGRAPHY, verified),
        blocks.named(Check.SIGNING_CERTIFICATE, identified),
        stamped(own, over_content, archive),
        _signature_policy(cms),
    )
    block = blocks.weighed(found, policy)
    return Examined(
        read,
        block,
        signer,
        digest_ok,
        signature_ok,
        own.facts,
        over_content.facts,
        warnings,
        digest,
    )


def _signature_policy(cms: ParsedSignature) -> Block:
    """§5.2.4: whatever is wrong with what the signer says of it, the value may still be right."""
    try:
        found = read_signature_policy(cms.signed_attributes)
        if found is None:
            return PASSED
        block = blocks.signature_policy(found)
    except (InputError, RefusedError) as error:
        code = "signature_policy_malformed"
        block = blocks.indeterminate("POLICY_PROCESSING_ERROR", code, reason=reason_of(error))
    return blocks.named(Check.SIGNATURE_POLICY, block)


def _cryptography(
    read: Read, cms: ParsedSignature, signer: Certificate | None, digest: bytes | None
) -> tuple[bool | None, bool | None, Block | None]:
    """Return digest_ok, signature_ok and, where a check is not possible here, why."""
    stated = None if read.stated is None else read.stated.value
    digest_ok = same(stated, digest) if stated and digest is not None else None
    if signer is None:
        return digest_ok, None, None
    try:
        if cms.content is not None:
            return digest_ok, _content_holds(cms, cms.content, signer), None
        if stated is not None:
            return digest_ok, check_value(cms, signer, stated), None
        if digest is None:
            return None, None, None
        fits = check_value(cms, signer, digest)
    except RefusedError as error:
        return digest_ok, None, unsupported_by(error)
    return fits, fits, None


def _content_holds(cms: ParsedSignature, content: bytes, signer: Certificate) -> bool:
    """Tell whether the value is over this content: directly, or by way of its attributes."""
    digest = digest_of(content, cms.digest)
    intact = cms.message_digest is None or same(digest, cms.message_digest)
    return intact and check_value(cms, signer, digest)


def _without_signer(*, digest_ok: bool | None) -> Block:
    if digest_ok is False:
        return blocks.named(Check.CRYPTOGRAPHY, blocks.failed("HASH_FAILURE", "digest_wrong"))
    return PASSED


def _unjudged(cms: ParsedSignature) -> tuple[Finding, ...]:
    """Name attributes that promise something which nobody looked at here."""
    code = "attribute_not_judged"
    return tuple(finding(code, Severity.WARNING, what=what) for what in cms.unjudged)


def unsupported_by(error: RefusedError) -> Block:
    """Return the block for what cannot be checked here, though it may be right."""
    code = "algorithm_unsupported"
    return blocks.indeterminate("CRYPTO_CONSTRAINTS_FAILURE", code, reason=reason_of(error))
