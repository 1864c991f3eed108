"""Was a certificate revoked at a moment? Answered from data at hand, never "good" by default.

A revocation date after the moment does not matter when the moment is proven: what was signed before
stays signed (EN 319 102-1 §5.6.2.1). Suspension counts while it lasts.

What an authority says counts only if it is proven to have been said while its word did: before its
certificate or its algorithm ended, and before it was itself revoked (validation time sliding).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeVar

from antin.core.errors import InputError
from antin.pki import crls, ocsp_answers
from antin.pki.algorithms import weak_at
from antin.pki.certificates import Certificate
from antin.pki.crls import Crl, load_crl
from antin.pki.ocsp_answers import OcspAnswer, load_ocsp
from antin.pki.revocation import RevocationData
from antin.pki.statement import Source, Statement, covers, revokes

T = TypeVar("T")
_MAX_DELEGATION = 2
"""A responder's responder is still asked about; no further, so that nothing vouches for itself."""


@dataclass(frozen=True)
class Evidence:
    """CRLs and OCSP answers, each with the time it is proven to have existed at."""

    crls: tuple[tuple[Crl, datetime], ...] = field(default=(), repr=False)
    ocsps: tuple[tuple[OcspAnswer, datetime], ...] = field(default=(), repr=False)

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(self.crls + other.crls, self.ocsps + other.ocsps)

    def proven_at(self, moment: datetime) -> "Evidence":
        """Return the same evidence, proven to have existed at ``moment``."""
        return Evidence(
            tuple((crl, moment) for crl, _ in self.crls),
            tuple((answer, moment) for answer, _ in self.ocsps),
        )


@dataclass(frozen=True)
class RevocationStatus:
    """What is known of one certificate at the moment asked about."""

    certificate: Certificate
    status: Literal["good", "revoked", "unknown", "unavailable"]
    source: Source | None = None
    this_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None
    """As in ``pki.statement.REASONS``, where the authority says it."""
    on_hold: bool = False
    """Revoked for the time being only."""
    unproven: "Doubt | None" = None
    """Unavailable only because what is there lacks a proof of its time, for this reason."""


class Doubt(StrEnum):
    """Why a statement does not count that would, were it proven to be older."""

    COMPROMISED = "compromised"
    """Its signer was revoked by the proven time: anybody may have made it since."""
    ENDED = "ended"
    """Its signer's certificate or algorithm had ended by the proven time."""


@dataclass(frozen=True)
class _Heard:
    statement: Statement
    doubt: Doubt | None


def read_evidence(data: RevocationData, proven_at: datetime) -> Evidence:
    """Read what can be read of ``data``; the rest proves nothing and is left out."""
    return Evidence(
        tuple((one, proven_at) for one in _readable(data.crls, load_crl)),
        tuple((one, proven_at) for one in _readable(data.ocsps, load_ocsp)),
    )


def status_at(
    certificate: Certificate,
    issuer: Certificate,
    moment: datetime,
    checked_at: datetime,
    evidence: Evidence,
    *,
    issuer_is_anchor: bool = False,
    believed_until: datetime | None = None,
) -> RevocationStatus:
    """Return whether ``certificate`` was revoked at ``moment``, as known at ``checked_at``.

    From ``believed_until`` on (None: no such time) what ``issuer`` says may be anybody's word.
    """
    question = _Question(
        certificate, issuer, moment, checked_at, evidence, issuer_is_anchor, believed_until
    )
    heard = [h for h in _all_heard(question) if _covers(question, h.statement)]
    usable = [h.statement for h in heard if h.doubt is None]
    if not usable:
        doubts = {h.doubt for h in heard}
        doubt = next((doubt for doubt in Doubt if doubt in doubts), None)
        return RevocationStatus(certificate, "unavailable", unproven=doubt)
    return _decide(certificate, moment, usable)


@dataclass(frozen=True)
class _Question:
    certificate: Certificate
    issuer: Certificate
    moment: datetime
    checked_at: datetime
    evidence: Evidence
    issuer_is_anchor: bool
    believed_until: datetime | None
    depth: int = 0


def _decide(
    certificate: Certificate, moment: datetime, usable: list[Statement]
) -> RevocationStatus:
    """Believe a revocation for good from anybody entitled; else the newest word counts."""
    final = [s for s in usable if revokes(s, moment) and not s.on_hold]
    newest = max(final or usable, key=lambda s: s.this_update)
    revoked = revokes(newest, moment)
    status = "good" if newest.status == "revoked" and not revoked else newest.status
    return RevocationStatus(
        certificate,
        status,
        source=newest.source,
        this_update=newest.this_update,
        revoked_at=newest.revoked_at,
        reason=newest.reason,
        on_hold=revoked and newest.on_hold,
    )


def _covers(question: _Question, statement: Statement) -> bool:
    return covers(statement, question.moment, question.checked_at, question.certificate.not_after)


def _all_heard(question: _Question) -> list[_Heard]:
    heard = [_hear_crl(question, crl, proven) for crl, proven in question.evidence.crls]
    heard += [_hear_ocsp(question, one, proven) for one, proven in question.evidence.ocsps]
    return [one for one in heard if one is not None]


def _hear_crl(question: _Question, crl: Crl, proven: datetime) -> _Heard | None:
    if not crls.speaks_about(crl, question.certificate, question.issuer):
        return None
    said = crls.statement(crl, question.certificate)
    return None if said is None else _Heard(said, _issuer_doubt(question, said, proven))


def _hear_ocsp(question: _Question, answer: OcspAnswer, proven: datetime) -> _Heard | None:
    said = ocsp_answers.statement(answer, question.certificate, question.issuer)
    signer = None if said is None else ocsp_answers.responder(answer, question.issuer)
    if said is None or signer is None:
        return None
    if signer == question.issuer:
        return _Heard(said, _issuer_doubt(question, said, proven))
    return _hear_delegate(question, answer, _Answered(said, signer, proven))


@dataclass(frozen=True)
class _Answered:
    statement: Statement
    signer: Certificate
    proven: datetime


def _hear_delegate(question: _Question, answer: OcspAnswer, given: _Answered) -> _Heard | None:
    said, signer, proven = given.statement, given.signer, given.proven
    # 1. It had a right to answer when it did (RFC 6960 §4.2.2.2.1).
    status = _delegate_status(question, signer, answer)
    if status is not None and status.status != "good":
        return None
    # 2. Whoever can forge the issuer's signature by a weak digest can make a delegate.
    weak = weak_at(proven, signer.signature_digest, None) or _weak(said, signer, proven)
    if weak or proven > signer.not_after:
        return _Heard(said, Doubt.ENDED)
    # 3. Neither it nor who made it was revoked by when the answer is proven to be there.
    ends = (question.believed_until, status.revoked_at if status else None)
    compromised = any(end is not None and proven >= end for end in ends)
    return _Heard(said, Doubt.COMPROMISED if compromised else None)


def _issuer_doubt(question: _Question, said: Statement, proven: datetime) -> Doubt | None:
    issuer, until = question.issuer, question.believed_until
    if _weak(said, issuer, proven):
        return Doubt.ENDED
    if not question.issuer_is_anchor and proven > issuer.not_after:
        return Doubt.ENDED
    return Doubt.COMPROMISED if until is not None and proven >= until else None


def _weak(said: Statement, signer: Certificate, proven: datetime) -> bool:
    return bool(weak_at(proven, said.digest, signer.key))


def _delegate_status(
    question: _Question, signer: Certificate, answer: OcspAnswer
) -> RevocationStatus | None:
    """Return the status of a responder when it answered; None: it is not to be asked about."""
    if ocsp_answers.needs_no_check(signer):
        return None
    if question.depth >= _MAX_DELEGATION:
        return RevocationStatus(signer, "unavailable")
    about = replace(
        question,
        certificate=signer,
        moment=answer.produced_at,
        depth=question.depth + 1,
    )
    usable = [h.statement for h in _all_heard(about) if not h.doubt and _covers(about, h.statement)]
    if not usable:
        return RevocationStatus(signer, "unavailable")
    return _decide(signer, about.moment, usable)


def _readable(data: Iterable[bytes], load: Callable[[bytes], T]) -> list[T]:
    found = []
    for der in dict.fromkeys(data):
        try:
            found.append(load(der))
        except InputError:
            continue
    return found
