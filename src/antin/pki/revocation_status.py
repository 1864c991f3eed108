"""Was a certificate revoked at a moment? Answered from data at hand, never "good" by default.

A revocation date after the moment does not matter when the moment is proven: what was signed before
stays signed (EN 319 102-1 §5.6.2.1). Suspension counts as revocation while it lasts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeVar

from antin.core.errors import InputError
from antin.pki import crls, ocsp_answers
from antin.pki.algorithms import weak_at
from antin.pki.certificates import Certificate
from antin.pki.crls import Crl, load_crl
from antin.pki.ocsp_answers import OcspAnswer, load_ocsp
from antin.pki.revocation import RevocationData
from antin.pki.statement import Source, Statement, covers

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
    out_of_bounds: bool = False
    """Unavailable only because what is there lacks a proof of its time."""


@dataclass(frozen=True)
class _Heard:
    statement: Statement
    trusted: bool
    """False: its signer's certificate or algorithm had ended by the proven time."""


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
) -> RevocationStatus:
    """Return whether ``certificate`` was revoked at ``moment``, as known at ``checked_at``."""
    question = _Question(certificate, issuer, moment, checked_at, evidence, issuer_is_anchor)
    heard = [h for h in _all_heard(question) if _covers(question, h.statement)]
    usable = [h.statement for h in heard if h.trusted]
    if not usable:
        return RevocationStatus(certificate, "unavailable", out_of_bounds=bool(heard))
    return _decide(certificate, moment, usable)


@dataclass(frozen=True)
class _Question:
    certificate: Certificate
    issuer: Certificate
    moment: datetime
    checked_at: datetime
    evidence: Evidence
    issuer_is_anchor: bool
    depth: int = 0


def _decide(
    certificate: Certificate, moment: datetime, usable: list[Statement]
) -> RevocationStatus:
    """Believe a revocation for good from anybody entitled; else the newest word counts."""
    final = [s for s in usable if _revoked_by(s, moment) and not s.on_hold]
    newest = max(final or usable, key=lambda s: s.this_update)
    revoked = _revoked_by(newest, moment)
    status = "good" if newest.status == "revoked" and not revoked else newest.status
    return RevocationStatus(
        certificate,
        status,
        source=newest.source,
        this_update=newest.this_update,
        revoked_at=newest.revoked_at,
    )


def _revoked_by(statement: Statement, moment: datetime) -> bool:
    if statement.status != "revoked":
        return False
    return statement.revoked_at is None or statement.revoked_at <= moment


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
    return None if said is None else _Heard(said, _issuer_stood(question, said, proven))


def _hear_ocsp(question: _Question, answer: OcspAnswer, proven: datetime) -> _Heard | None:
    said = ocsp_answers.statement(answer, question.certificate, question.issuer)
    signer = None if said is None else ocsp_answers.responder(answer, question.issuer)
    if said is None or signer is None:
        return None
    if signer == question.issuer:
        return _Heard(said, _issuer_stood(question, said, proven))
    # Whoever can forge the issuer's signature by a weak digest can make a delegate.
    certified = not weak_at(proven, signer.signature_digest, None)
    stood = proven <= signer.not_after and certified and not _weak(said, signer, proven)
    return _Heard(said, stood and _delegate_unrevoked(question, signer, answer))


def _issuer_stood(question: _Question, said: Statement, proven: datetime) -> bool:
    issuer = question.issuer
    if _weak(said, issuer, proven):
        return False
    return question.issuer_is_anchor or proven <= issuer.not_after


def _weak(said: Statement, signer: Certificate, proven: datetime) -> bool:
    return bool(weak_at(proven, said.digest, signer.key))


def _delegate_unrevoked(question: _Question, signer: Certificate, answer: OcspAnswer) -> bool:
    if ocsp_answers.needs_no_check(signer):
        return True
    if question.depth >= _MAX_DELEGATION:
        return False
    about = replace(
        question,
        certificate=signer,
        moment=answer.produced_at,
        depth=question.depth + 1,
    )
    heard = [h.statement for h in _all_heard(about) if h.trusted and _covers(about, h.statement)]
    return bool(heard) and _decide(signer, about.moment, heard).status == "good"


def _readable(data: Iterable[bytes], load: Callable[[bytes], T]) -> list[T]:
    found = []
    for der in dict.fromkeys(data):
        try:
            found.append(load(der))
        except InputError:
            continue
    return found
