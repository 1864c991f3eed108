"""Verification of a signature that is a file of its own: .p7s, .p7m, a time-stamp token (RFC 5652).

What is signed is another file, or lies inside (``signed_content.py``). Everything behind that is
judged as in a PDF, by the same code. Each signer is a signature of the report; one that can't be
read hides none of the others.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.digests import digest_source
from antin.core.errors import InputError, RefusedError
from antin.pdf.document import SignatureField
from antin.pki.archive_stamps import ARCHIVE_TIMESTAMP, ListedDigests
from antin.pki.cms_attributes import MESSAGE_DIGEST
from antin.pki.cms_file import open_cms
from antin.pki.cms_read import Parsed, ParsedSignature, parse_signers
from antin.pki.cms_structure import Listed
from antin.pki.der import BER
from antin.pki.der_read import SET
from antin.pki.der_write import oid
from antin.pki.paths import Material, material
from antin.pki.timestamps import read_token
from antin.pki.trust import TrustMaterial
from antin.verifier import building_blocks as blocks
from antin.verifier.anchors import believed
from antin.verifier.archive import contexts
from antin.verifier.archive_stamps import NONE_HELD, check_stamps
from antin.verifier.broken_off import defect, examine_one, guarded, read_error, unreadable
from antin.verifier.building_blocks import Block
from antin.verifier.containers import Stated
from antin.verifier.examination import Examined, Read, unsupported_by
from antin.verifier.findings import finding, reason_of
from antin.verifier.policy import Policy
from antin.verifier.report import (
    Conclusion,
    ContentSummary,
    Finding,
    PolicyReference,
    Report,
    Severity,
)
from antin.verifier.signature import judge_signature, judge_timestamp
from antin.verifier.signed_content import Content, ContentDigest, Given, Opened, open_signed
from antin.verifier.verify import conclusion_of

_HEADER_WITHIN: Final = 1024
"""How far into a file viewers look for the start of a PDF."""
_ATTRIBUTES: Final = 64 << 10
"""Bytes at the start of a content in which signed attributes are looked for."""
_MESSAGE_DIGEST: Final = oid(MESSAGE_DIGEST)
_ARCHIVE: Final = "archive-time-stamp-v3"
"""What is judged here, but not in a PDF."""


def verify_cms(
    source: ByteSource,
    content: Given,
    name: str,
    trust: TrustMaterial,
    checked_at: datetime,
    policy: Policy,
) -> Report:
    """Return the report on the CMS in ``source``, over ``content`` or what lies inside.

    ``name`` is only shown. Where either can't be read to its end the report is UNREADABLE. Errors:
    as :func:`antin.verifier.verify.verify`.
    """
    try:
        return _verified(source, content, name, trust, checked_at, policy)
    except MemoryError:
        # As with PDFs: a verdict on what is left without the memory for the rest would be none.
        why = InputError("verify_memory_exceeded")
        return replace(unreadable(name, source.size, checked_at, policy, why), container="cms")


def _verified(
    source: ByteSource,
    content: Given,
    name: str,
    trust: TrustMaterial,
    checked_at: datetime,
    policy: Policy,
) -> Report:
    trust = believed(trust, policy.anchors)
    anchored = material(trust, checked_at)
    reference = PolicyReference(policy.id, policy.sha256)
    unread = Conclusion.UNREADABLE
    blank = Report(name, "", source.size, checked_at, reference, unread, container="cms")
    try:
        blank = replace(blank, sha256=digest_source(source).hex())
        # 1. Take the file apart; who signed, and what do they say of the content?
        opened = open_signed(source, content)
        blank = replace(blank, content=_summary(opened))
        # 2. What is wrong with the file as a whole?
        findings = policy.constraints.weigh_all(_file_findings(source, opened))
        # 3. What does each signer say by itself? (§5.2)
        examined = _examined(opened, anchored, policy)
        # 4. Archive time-stamps, last to first: what do they prove? (§5.6.2.3)
        judged_by = contexts(examined, trust, checked_at, policy)
        # 5. Each at its earliest proven time. (§5.5, §5.6.3)
        signatures = tuple(
            guarded(judge_timestamp if one.read.is_timestamp else judge_signature, one, context)
            for one, context in zip(examined, judged_by, strict=True)
        )
    except InputError as error:
        return replace(blank, error=read_error(error))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 — a defect met on foreign bytes is told, not thrown
        return replace(blank, error=defect(error))
    # 6. The worst of it all is the conclusion.
    conclusion = conclusion_of(findings, signatures)
    return replace(blank, conclusion=conclusion, findings=findings, signatures=signatures)


def _examined(opened: Opened, anchored: Material, policy: Policy) -> tuple[Examined, ...]:
    known, listed = anchored.pool.all(), ListedDigests(_listed(opened))
    reads = (_read(one, opened, listed) for one in opened.signers)
    return tuple(examine_one(read, _digest(read, opened), known, policy) for read in reads)


def certificates_beside(source: ByteSource) -> tuple[bytes, ...]:
    """Return the DER certificates that the CMS in ``source`` brings, time-stamps' included."""
    found = list[bytes]()
    for one in parse_signers(open_cms(source).bare):
        if isinstance(one, ParsedSignature):
            found += one.certificates
            tokens = (*one.timestamps, *one.unsigned.get(ARCHIVE_TIMESTAMP, ()))
            found += [der for token in tokens for der in _of_token(token)]
    return tuple(dict.fromkeys(found))


def _of_token(token: bytes) -> tuple[bytes, ...]:
    try:
        return read_token(token).cms.certificates
    except (InputError, RefusedError):
        return ()


def _summary(opened: Opened) -> ContentSummary | None:
    if not opened.digests:
        return None
    sha256 = opened.digests.get("sha256")
    given = opened.given
    name = given.name if isinstance(given, Content) and not opened.inside else None
    return ContentSummary(name, sha256.hex() if sha256 else None, opened.size, opened.inside)


def _file_findings(source: ByteSource, opened: Opened) -> tuple[Finding, ...]:
    """Return what is wrong with the file as a whole.

    1. The content inside is the one that was handed in: else the verdict is about another one.
    2. No viewer opens the file as a PDF by bytes that nobody signed.
    3. The content of a signature without attributes is not the attributes of another one, whose
       value would fit it as well: somebody may have cut them out (RFC 5652 §5.4 hashes both alike).
    """
    found = []
    if opened.differs:
        found.append(finding("content_differs", Severity.ERROR))
    if b"%PDF-" in source.pread(0, _HEADER_WITHIN) and b"startxref" in opened.file.bare:
        found.append(finding("also_pdf", Severity.ERROR))
    if _cut_out(opened):
        found.append(finding("content_is_attributes", Severity.ERROR))
    return tuple(found)


def _cut_out(opened: Opened) -> bool:
    bare = (
        isinstance(one, ParsedSignature) and one.signed_attributes is None for one in opened.signers
    )
    if not any(bare):
        return False
    start = b""
    if opened.inside:
        for offset, length in opened.file.content or ():
            start += opened.file.source.pread(offset, min(length, _ATTRIBUTES - len(start)))
            if len(start) >= _ATTRIBUTES:
                break
    elif isinstance(opened.given, Content):
        start = opened.given.source.pread(0, _ATTRIBUTES)
    return start[:1] == bytes((SET,)) and _MESSAGE_DIGEST in start


def _listed(opened: Opened) -> Listed:
    """Return what lies beside the signers; they all have the same beside them."""
    parsed = (one for one in opened.signers if isinstance(one, ParsedSignature))
    return next((one.listed for one in parsed), Listed())


def _read(one: Parsed, opened: Opened, listed: ListedDigests) -> Read:
    if isinstance(one, InputError):
        reason = reason_of(one)
        problem = blocks.failed("FORMAT_FAILURE", "signature_malformed", reason=reason)
        return Read(_place(opened, covers=False), (), problem=problem, in_pdf=False)
    if isinstance(one, RefusedError):
        place = _place(opened, covers=False)
        return Read(place, (), problem=unsupported_by(one), in_pdf=False)
    token = opened.token
    cms = one if token is None else token.cms
    if opened.file.lenient and BER not in cms.deviations:
        cms = replace(cms, deviations=(*cms.deviations, BER))
    archive = NONE_HELD
    stated = Stated(cms.digest, cms.message_digest)
    if token is not None:
        stated = Stated(token.digest, token.imprint)
    else:
        archive = check_stamps(cms, listed, opened.digests)
        cms = replace(cms, unjudged=tuple(one for one in cms.unjudged if one != _ARCHIVE))
    return Read(
        _place(opened, covers=stated.digest in opened.digests),
        (),
        cms,
        token,
        stated,
        in_pdf=False,
        lacking=_lacking(stated, opened),
        archive=archive,
    )


def _place(opened: Opened, *, covers: bool) -> SignatureField:
    """Return where a signature lies that lies in no field, and leaves out no byte."""
    return SignatureField(
        name="",
        kind="signature" if opened.token is None else "document-timestamp",
        subfilter=None,
        contents=opened.file.bare,
        byte_range=(),
        contents_span=None,
        claimed_time=None,
        revision=None,
        covers_whole_file=covers,
    )


def _lacking(stated: Stated, opened: Opened) -> Block | None:
    """Return why the content's digest is not known; None: it is."""
    given = opened.given
    if stated.digest in opened.digests:
        return None
    missing = "SIGNED_DATA_NOT_FOUND"
    if isinstance(given, ContentDigest):
        code = "content_digest_other"
        return blocks.indeterminate(missing, code, given=given.algorithm, stated=stated.digest)
    return blocks.indeterminate(missing, "content_missing")


def _digest(read: Read, opened: Opened) -> bytes | None:
    return opened.digests.get(read.stated.digest) if read.stated else None
