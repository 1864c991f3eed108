"""What a file must hold so that its signatures can be judged from it alone, years later."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.pki import crls, ocsp_answers
from antin.pki.certificates import Certificate
from antin.pki.chain_building import Path
from antin.pki.fetching import RevocationService
from antin.pki.needed import gather
from antin.pki.path_verdicts import PathOutcome, PathVerdict
from antin.pki.paths import Material, judge, material
from antin.pki.revocation import RevocationData
from antin.pki.revocation_status import Evidence, read_evidence
from antin.pki.trust import TrustMaterial
from antin.signer.subjects import Subject, Subjects, subjects_of

Link = tuple[Certificate, Certificate]
"""A certificate and its issuer."""


def missing_data(
    document: PdfDocument,
    trust: TrustMaterial,
    revocation: RevocationService | None,
    at: datetime,
) -> RevocationData | None:
    """Return the data that ``document`` lacks to be judged with nothing but the trust's anchors.

    None: it lacks nothing. Errors: the codes of :meth:`PathVerdict.raise_if_not_valid` when a
    signer or authority can't be vouched for even with what could be had.
    """
    subjects = subjects_of(document, at)
    return missing_for(subjects.all, _inside(document, subjects, trust, at), trust, revocation)


def missing_for(
    subjects: Iterable[Subject],
    inside: Material,
    trust: TrustMaterial,
    revocation: RevocationService | None,
) -> RevocationData | None:
    """Return what is missing of ``inside``, all that a file has, to vouch for ``subjects``.

    None, and errors: as :func:`missing_data`.
    """
    at = inside.checked_at
    # 1. Whom the file alone can vouch for already.
    lacking = [s for s in subjects if _verdict(s, inside).outcome is not PathOutcome.VALID]
    if not lacking:
        return None
    # 2. What the services say of the others and their issuers.
    carried = tuple(one.der for one in inside.pool.all())
    wider = replace(trust, intermediates=(*trust.intermediates, *carried))
    leaves = [subject.certificate.der for subject in lacking]
    fresh = gather(revocation, leaves, wider, prefer=at) if revocation else RevocationData()
    # 3. With all of it each of them must be good.
    everything = material(wider.with_revocation(fresh), at, evidence=inside.evidence)
    verdicts = [_verdict(subject, everything) for subject in lacking]
    for verdict in verdicts:
        verdict.raise_if_not_valid()
    # 4. What the judgement leaned on goes into the file.
    return _for_store(verdicts, fresh, trust.revocation)


def _inside(
    document: PdfDocument, subjects: Subjects, trust: TrustMaterial, at: datetime
) -> Material:
    """Return what a stranger has who holds the file and the anchors only."""
    stores = document.validation_stores
    evidence = Evidence()
    for store in stores:
        proven = min((p.time for p in subjects.proofs if p.revision > store.revision), default=at)
        data = RevocationData(crls=store.crls, ocsps=store.ocsps)
        evidence += read_evidence(data, proven)
    certificates = [c for subject in subjects.all for c in subject.certificates]
    certificates += [c for store in stores for c in store.certificates]
    return material(TrustMaterial(trust.anchors), at, certificates, evidence)


def _verdict(subject: Subject, stuff: Material) -> PathVerdict:
    return judge(subject.certificate, subject.purpose, subject.moment, stuff)


def _for_store(
    verdicts: list[PathVerdict], fresh: RevocationData, supplied: RevocationData
) -> RevocationData:
    """EN 319 142-1 §6.3: all certificates of the paths, anchors that are certificates included.

    Who trusts an anchor has it, but others look in the file for who issued a CRL.
    """
    paths = [verdict.path for verdict in verdicts]
    certificates = dict.fromkeys(one.der for path in paths for one in path)
    return fresh + _about(paths, supplied) + RevocationData(certificates=tuple(certificates))


def _about(paths: Iterable[Path], data: RevocationData) -> RevocationData:
    """Return what of ``data`` speaks of a certificate in ``paths``: a trust folder holds more."""
    links = [link for path in paths for link in pairwise(path)]
    return RevocationData(
        crls=tuple(der for der in data.crls if _crl_about(der, links)),
        ocsps=tuple(der for der in data.ocsps if _answer_about(der, links)),
        certificates=data.certificates,
    )


def _crl_about(der: bytes, links: list[Link]) -> bool:
    try:
        crl = crls.load_crl(der)
    except InputError:
        return False
    return any(crls.speaks_about(crl, certificate, issuer) for certificate, issuer in links)


def _answer_about(der: bytes, links: list[Link]) -> bool:
    try:
        answer = ocsp_answers.load_ocsp(der)
    except InputError:
        return False
    return any(ocsp_answers.statement(answer, *link) is not None for link in links)
