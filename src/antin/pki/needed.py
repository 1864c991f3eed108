"""Which revocation data are needed to judge certificates, and gathering them through the port.

OCSP is asked first, the CRL when it gives nothing usable. What comes back is checked before it is
taken; what can't be had is left out, and the judgement later says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from antin.core.errors import InputError, UnavailableError
from antin.core.limits import MAX_CERTIFICATE_BYTES
from antin.pki import crls, ocsp_answers
from antin.pki.certificates import Certificate, load_readable
from antin.pki.chain_building import MAX_POOL, SpentError, issuers, pool_of
from antin.pki.der import translated
from antin.pki.fetching import RevocationService
from antin.pki.hurried_revocation import HurriedRevocation
from antin.pki.revocation import RevocationData
from antin.pki.statement import Statement, covers
from antin.pki.trust import TrustMaterial

MAX_CERTIFICATES: Final = 60
"""Certificates whose revocation data are asked for, of one document."""
MAX_SECONDS: Final = 60.0
"""For all that is fetched for one document: each of its certificates may name slow servers."""
MAX_URLS: Final = 3
"""Addresses tried for one certificate and one kind of data."""


@dataclass(frozen=True)
class RevocationRequest:
    """Where the status of one certificate can be learnt."""

    certificate: Certificate
    issuer: Certificate
    ocsp_urls: tuple[str, ...]
    ocsp_request: bytes = field(repr=False)
    """DER, the same for each address."""
    crl_urls: tuple[str, ...]


def revocation_requests(
    certificates: Iterable[bytes], trust: TrustMaterial
) -> tuple[RevocationRequest, ...]:
    """Return what to ask to judge ``certificates`` (DER) and the issuers known above them.

    Trust anchors are not asked about; neither is a certificate whose issuer is not at hand, nor a
    responder's with id-pkix-ocsp-nocheck.
    """
    known = _Known(certificates, trust)
    return tuple(_request(c, i) for c, i in known.pairs()[:MAX_CERTIFICATES])


def gather(
    service: RevocationService,
    certificates: Iterable[bytes],
    trust: TrustMaterial,
    at: datetime | None = None,
    *,
    prefer: datetime | None = None,
    seconds: float = MAX_SECONDS,
) -> RevocationData:
    """Return checked revocation data for ``certificates`` (DER), their issuers and responders.

    With ``at`` only data that say something about that moment are taken; with ``prefer`` those are
    looked for first, and others taken where none are had. The certificates of the
    result are the issuers and responders that a later check without network needs; anchors are left
    out. Never raises for a service that fails, and asks for nothing after ``seconds``: data are
    missing then.
    """
    known = _Known(certificates, trust)
    service = HurriedRevocation(service, seconds)
    _complete(service, known)
    found = RevocationData()
    done: set[Certificate] = set()
    while len(done) < MAX_CERTIFICATES:
        waiting = [pair for pair in known.pairs() if pair[0] not in done]
        if not waiting:
            break
        certificate, issuer = waiting[0]
        done.add(certificate)
        answer = _ask(service, _request(certificate, issuer), at, prefer)
        # A delegated responder without ocsp-nocheck has a status of its own to be asked for.
        known.add(load_readable(answer.certificates))
        found += answer
    return found + RevocationData(certificates=known.supporting())


class _Known:
    """The certificates at hand while gathering."""

    def __init__(self, certificates: Iterable[bytes], trust: TrustMaterial) -> None:
        self._anchors = load_readable(tuple(one.certificate for one in trust.anchors))
        self._trusted = pool_of(self._anchors)
        self._supplied = load_readable(trust.intermediates)
        self._wanted: dict[Certificate, None] = {}
        self._found: dict[Certificate, Certificate | None] = {}
        self.add(load_readable(tuple(islice(certificates, MAX_POOL))))

    def add(self, certificates: Iterable[Certificate]) -> None:
        self._wanted.update(dict.fromkeys(certificates))
        self._pool = pool_of((*self._supplied, *self._wanted))
        self._found.clear()

    def pairs(self) -> list[tuple[Certificate, Certificate]]:
        """Return certificates to be judged with their issuers, issuers' own included."""
        found: dict[Certificate, Certificate] = {}
        waiting = list(self._wanted)
        while waiting:
            certificate = waiting.pop(0)
            issuer = self.issuer(certificate)
            if issuer is None or certificate in found or ocsp_answers.needs_no_check(certificate):
                continue
            found[certificate] = issuer
            waiting.append(issuer)
        return list(found.items())

    def orphans(self) -> list[Certificate]:
        """Return certificates that are no anchor and whose issuer is missing."""
        return [c for c in self._wanted if c not in self._anchors and self.issuer(c) is None]

    def issuer(self, certificate: Certificate) -> Certificate | None:
        if certificate not in self._found:
            self._found[certificate] = self._look_up(certificate)
        return self._found[certificate]

    def _look_up(self, certificate: Certificate) -> Certificate | None:
        if certificate in self._anchors or certificate.self_issued:
            return None
        try:
            return next(iter(issuers((certificate,), self._trusted, self._pool)), None)
        except SpentError:
            return None  # what is not asked for is missing later, and said to be

    def supporting(self) -> tuple[bytes, ...]:
        chain = dict.fromkeys((*self._wanted, *(issuer for _, issuer in self.pairs())))
        return tuple(one.der for one in chain if one not in self._anchors)


def _complete(service: HurriedRevocation, known: _Known) -> None:
    """Fetch missing issuers by authority information access (RFC 5280 §4.2.2.1)."""
    tried: set[str] = set()
    for _ in range(MAX_URLS):
        named = [(u, c) for c in known.orphans() for u in ocsp_answers.issuer_urls(c)[:MAX_URLS]]
        for url in sorted({u for u, _ in named} - tried)[:MAX_URLS]:
            tried.add(url)
            known.add(_fetched_certificates(service, url))
            if all(known.issuer(c) is None for u, c in named if u == url):
                _forget(service, url)


def _fetched_certificates(service: HurriedRevocation, url: str) -> tuple[Certificate, ...]:
    try:
        data = service.certificates(url)
    except UnavailableError:
        return ()
    try:
        if len(data) > MAX_CERTIFICATE_BYTES * 10:
            return ()
        with translated("certificate_malformed"):
            return load_readable(_split(data))
    except InputError:
        _forget(service, url)
        return ()


def _split(data: bytes) -> tuple[bytes, ...]:
    """Return the certificates of DER, PEM or PKCS#7 ``data``."""
    if b"-----BEGIN CERT" in data:
        return tuple(c.public_bytes(Encoding.DER) for c in x509.load_pem_x509_certificates(data))
    try:
        x509.load_der_x509_certificate(data)
    except ValueError:
        loaded = pkcs7.load_der_pkcs7_certificates(data)
        return tuple(c.public_bytes(Encoding.DER) for c in loaded)
    return (data,)


def _request(certificate: Certificate, issuer: Certificate) -> RevocationRequest:
    return RevocationRequest(
        certificate,
        issuer,
        ocsp_answers.responder_urls(certificate)[:MAX_URLS],
        ocsp_answers.request(certificate, issuer),
        crls.distribution_urls(certificate)[:MAX_URLS],
    )


@dataclass(frozen=True)
class _Found:
    """Checked data about one certificate, and what they say."""

    data: RevocationData
    said: Statement


def _ask(
    service: HurriedRevocation,
    request: RevocationRequest,
    at: datetime | None,
    prefer: datetime | None,
) -> RevocationData:
    spare: _Found | None = None
    for found in _sources(service, request, at):
        if prefer is None or _speaks_at(found.said, request, prefer):
            return found.data
        spare = spare or found
    return spare.data if spare else RevocationData()


def _speaks_at(said: Statement, request: RevocationRequest, moment: datetime) -> bool:
    """Tell whether nothing better can be had for ``moment``: of what expired nobody says more."""
    return moment > request.certificate.not_after or _useful(said, request, moment)


def _sources(
    service: HurriedRevocation, request: RevocationRequest, at: datetime | None
) -> Iterator[_Found]:
    for url in request.ocsp_urls:
        found = _ask_ocsp(service, url, request, at)
        if found is not None:
            yield found
    for url in request.crl_urls:
        found = _ask_crl(service, url, request, at)
        if found is not None:
            yield found


def _ask_ocsp(
    service: HurriedRevocation, url: str, request: RevocationRequest, at: datetime | None
) -> _Found | None:
    try:
        data = service.ocsp(url, request.ocsp_request)
    except UnavailableError:
        return None
    found = _checked_answer(data, request, at)
    if found is None:
        _forget(service, url, request.ocsp_request)
    return found


def _checked_answer(data: bytes, request: RevocationRequest, at: datetime | None) -> _Found | None:
    try:
        answer = ocsp_answers.load_ocsp(data)
    except InputError:
        return None
    said = ocsp_answers.statement(answer, request.certificate, request.issuer)
    signer = ocsp_answers.responder(answer, request.issuer)
    if said is None or signer is None or said.status == "unknown" or not _useful(said, request, at):
        return None
    delegates = () if signer == request.issuer else (signer.der,)
    return _Found(RevocationData(ocsps=(answer.der,), certificates=delegates), said)


def _ask_crl(
    service: HurriedRevocation, url: str, request: RevocationRequest, at: datetime | None
) -> _Found | None:
    try:
        data = service.crl(url)
    except UnavailableError:
        return None
    found = _checked_crl(data, request, at)
    if found is None:
        _forget(service, url)
    return found


def _checked_crl(data: bytes, request: RevocationRequest, at: datetime | None) -> _Found | None:
    try:
        crl = crls.load_crl(data)
    except InputError:
        return None
    if not crls.speaks_about(crl, request.certificate, request.issuer):
        return None
    said = crls.statement(crl, request.certificate)
    if said is None or not _useful(said, request, at):
        return None
    return _Found(RevocationData(crls=(crl.der,)), said)


def _forget(service: HurriedRevocation, url: str, request: bytes = b"") -> None:
    """Have what was of no use fetched anew next time: a stranger may have slipped it in."""
    service.forget(url, request)


def _useful(said: Statement, request: RevocationRequest, at: datetime | None) -> bool:
    return at is None or covers(said, at, at, request.certificate.not_after)
