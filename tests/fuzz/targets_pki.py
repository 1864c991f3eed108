"""What reads certificates, signatures, revocation data, time-stamps and keys."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from antin.core.errors import AntinError
from antin.hsm.public_keys import load_public_key
from antin.infra.revocation_http import _crl_dates, _ocsp_dates
from antin.ledger.checkpoints.note import ecdsa_verifier
from antin.pki import certificates as certs
from antin.pki import cms_read, crls, ocsp_answers, paths, timestamps, usages
from antin.pki.certificates import Certificate, load_certificate
from antin.pki.needed import gather, revocation_requests
from antin.pki.path_verdicts import PathOutcome
from antin.pki.paths import material
from antin.pki.trust_folder import read_trust_folder
from tests.fuzz import der_cases
from tests.fuzz.cms_files import check_cms_file, cms_file_case
from tests.fuzz.hostile_chains import hostile_chain
from tests.fuzz.seed_files import seed_trust, seeds
from tests.fuzz.target import Dice, Target, pack, unpack
from tests.fuzz.text_mutations import mutated_text, pem
from tests.smallpki import NOW

_DIGEST: Final = bytes(range(32))


@cache
def _loaded(name: str) -> Certificate:
    return load_certificate(seeds("certificates")[name])


def _certificate(case: bytes) -> None:
    found = load_certificate(case)
    _ = (found.issuer, found.serial, found.sha256, found.self_issued, found.signature_digest)
    usages.signs_documents(found)
    usages.stamps_time(found)
    usages.is_ca(found)
    for one, other in ((found, _loaded("ca")), (found, found), (_loaded("officer"), found)):
        certs.signed_by(one, other)
    ocsp_answers.responder_urls(found)
    ocsp_answers.issuer_urls(found)
    ocsp_answers.needs_no_check(found)
    ocsp_answers.request(found, _loaded("ca"))
    ocsp_answers.request(_loaded("officer"), found)
    crls.distribution_urls(found)


def _cms(case: bytes) -> None:
    parsed = cms_read.parse_signature(case)
    found = cms_read.find_signer(parsed, (_loaded("officer"), _loaded("rsa2048")))
    if found is not None:
        cms_read.ess_matches(parsed, found)
        cms_read.check_value(parsed, found, _DIGEST)


def _response(case: bytes) -> None:
    timestamps.check_response(seeds("timestamps")["query"], case)


def _token(case: bytes) -> None:
    token = timestamps.read_token(case)
    _all(lambda: timestamps.check_token(token, _DIGEST), lambda: timestamps.check_statement(token))


def _crl(case: bytes) -> None:
    _crl_dates(case)
    found = crls.load_crl(case)
    for issuer in (_loaded("ca"), _loaded("root")):
        crls.speaks_about(found, _loaded("officer"), issuer)
    for about in ("officer", "root", "with-everything", "with-crldistributionpoints"):
        crls.speaks_about(found, _loaded(about), _loaded("ca"))
        crls.statement(found, _loaded(about))


def _ocsp(case: bytes) -> None:
    _ocsp_dates(case)
    found = ocsp_answers.load_ocsp(case)
    for issuer in (_loaded("ca"), _loaded("root")):
        ocsp_answers.statement(found, _loaded("officer"), issuer)
        ocsp_answers.responder(found, issuer)


def _chain_case(chance: Dice) -> bytes:
    """Return a chain of which one or two were changed; the first part tells what was signed."""
    chain = [seeds("certificates")[name] for name in ("officer", "ca")]
    position = chance.randrange(2)
    name = ("officer", "ca")[position]
    if chance.random() < 0.3:
        chain[position] = der_cases.changed("certificates", chance, [name])
        return pack((b"changed", *chain))
    chain[position] = der_cases.certificate(chance, name)
    if chance.random() < 0.3:
        chain.append(der_cases.certificate(chance))
    return pack((b"signed again", *chain))


def _chain(case: bytes) -> None:
    how, *chain = unpack(case)
    verdicts = _judged(chain)
    if how == b"changed" and chain[0] != seeds("certificates")["officer"]:
        assert PathOutcome.VALID not in verdicts, "a changed certificate was believed"


def _judged(chain: Iterable[bytes]) -> list[PathOutcome]:
    """Return what comes of the first of ``chain`` for each purpose."""
    first, *rest = chain
    leaf = load_certificate(first)
    known = material(seed_trust(), NOW, rest)
    purposes: tuple[paths.Purpose, ...] = ("sign", "time-stamp")
    verdicts = [paths.judge(leaf, purpose, NOW, known) for purpose in purposes]
    outcomes = [verdict.outcome for verdict in verdicts]
    for verdict in verdicts:
        if PathOutcome.VALID not in outcomes:
            verdict.raise_if_not_valid()
    return outcomes


def _hostile(case: bytes) -> None:
    _judged(unpack(case))


class _Stranger:
    """A service that answers with what the case holds, in turn."""

    def __init__(self, answers: tuple[bytes, ...]) -> None:
        self._answers = list(answers)

    def _next(self) -> bytes:
        return self._answers.pop(0) if self._answers else b""

    def crl(self, url: str) -> bytes:
        return self._next()

    def ocsp(self, url: str, request: bytes) -> bytes:
        return self._next()

    def certificates(self, url: str) -> bytes:
        return self._next()


def _gathered_case(chance: Dice) -> bytes:
    kinds = (der_cases.ocsp, der_cases.crl, der_cases.certificate, _issuers)
    return pack(chance.choice(kinds)(chance) for _ in range(5))


def _issuers(chance: Dice) -> bytes:
    """Return issuers' certificates in one of the forms that they are served in."""
    found = der_cases.certificate(chance)
    return mutated_text(pem("CERTIFICATE", found), chance) if chance.random() < 0.7 else found


def _gathered(case: bytes) -> None:
    answers = unpack(case)
    wanted = (seeds("certificates")["officer"], seeds("certificates")["tsa"])
    revocation_requests((*wanted, *answers), seed_trust())
    gather(_Stranger(answers), wanted, seed_trust(), NOW)
    gather(_Stranger(answers[::-1]), answers, seed_trust())


_NAMES: Final = (
    "trust.toml",
    "root.pem",
    "root.crt",
    "intermediates/a.der",
    "intermediates/b.pem",
    "crls/a.crl",
    "crls/b.pem",
    "ocsp/a.ors",
)


def _folder_case(chance: Dice) -> bytes:
    name = chance.choice(_NAMES)
    if name.endswith(".toml"):
        text = b'[purposes]\n"good.pem" = ["time-stamp", "sign"]\n'
        return pack((name.encode(), mutated_text(text, chance)))
    make = {"c": der_cases.crl, "o": der_cases.ocsp}.get(name[0], der_cases.certificate)
    made = make(chance)
    if name.endswith(".pem") or chance.random() < 0.2:
        label = "X509 CRL" if name[0] == "c" else "CERTIFICATE"
        made = pem(label, made)
        made = mutated_text(made, chance) if chance.random() < 0.5 else made
    return pack((name.encode(), made))


def _folder(case: bytes) -> None:
    name, content = unpack(case)
    good = {"good.pem": pem("CERTIFICATE", seeds("certificates")["root"])}
    read_trust_folder(good | {name.decode(): content})


def _key(case: bytes) -> None:
    _all(lambda: load_public_key(case, "token"), lambda: ecdsa_verifier("a.test", case))


def _all(*steps: Callable[[], object]) -> None:
    """Take every step; the first refusal is raised at the end."""
    refusals = []
    for step in steps:
        try:
            step()
        except AntinError as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]


TARGETS = (
    Target("pki-certificate", der_cases.certificate, _certificate),
    Target("pki-cms", der_cases.cms, _cms),
    Target("pki-cms-file", cms_file_case, check_cms_file),
    Target("pki-response", der_cases.response, _response),
    Target("pki-token", der_cases.token, _token),
    Target("pki-crl", der_cases.crl, _crl),
    Target("pki-ocsp", der_cases.ocsp, _ocsp),
    Target("pki-chain", _chain_case, _chain),
    Target("pki-hostile", lambda chance: pack(hostile_chain(chance)), _hostile),
    Target("pki-gather", _gathered_case, _gathered),
    Target("pki-folder", _folder_case, _folder),
    Target("pki-key", lambda chance: der_cases.changed("keys", chance), _key),
)
