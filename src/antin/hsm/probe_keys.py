"""Trying a token's keys: what lies beside each, and a checked signature by each mechanism."""

from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from antin.core.errors import AntinError, KeyDeviceError
from antin.hsm import cryptoki_values, probe_rules
from antin.hsm.device import Device
from antin.hsm.found_keys import public_key_in, public_key_of
from antin.hsm.mechanism_calls import HASHING, RAW
from antin.hsm.mechanisms import Way, ways_to
from antin.hsm.objects import KeyFacts, KeyName
from antin.hsm.pins import PinProvider
from antin.hsm.probe_result import ProbedKey, Remark, RemarkSeverity, Trial
from antin.hsm.public_keys import (
    PublicKey,
    default_algorithm,
    load_public_key,
    require_signature,
)
from antin.pki.algorithms import Scheme, SignatureAlgorithm
from antin.pki.certificates import Certificate, load_certificate

TEST_VALUE: Final = b"antin credential probe: a test value, which is no document and means nothing"
MECHANISM_NAMES: Final = {
    value: name for name, value in vars(cryptoki_values).items() if name.startswith("CKM_")
}
_ENDS: Final = frozenset(
    {
        "pin_missing",
        "pin_incorrect",
        "pin_locked",
        "pin_final_try",
        "pin_expired",
        "token_not_found",
        "session_lost",
        "token_timeout",
    }
)
"""After these, trying the next mechanism would do harm, or only take time."""


class Bench:
    """Where the keys of one token are tried, one after the other."""

    def __init__(
        self,
        device: Device,
        label: str,
        pin: PinProvider,
        mechanisms: frozenset[int],
        wanted: KeyName,
        scheme: Scheme | None,
        now: datetime,
    ) -> None:
        self._device = device
        self._label = label
        self._pin = pin
        self._mechanisms = mechanisms
        self._wanted = wanted
        self._scheme = scheme
        self._now = now
        self._over = False
        self.remarks: list[Remark] = []

    def key(self, facts: KeyFacts) -> ProbedKey:
        """Return what is found of one key; remarks are collected."""
        name, key_id = self._wanted, facts.id.hex()
        chosen = name.label in {None, facts.label} and name.id in {None, facts.id}
        certificate, public = self._beside(facts)
        trials = self._trials(facts, public) if chosen and public is not None else ()
        found = ProbedKey(
            facts.label,
            key_id,
            None if public is None else _kind(public),
            facts.asks_again,
            None if certificate is None else probe_rules.probed_certificate(certificate, self._now),
            chosen,
            trials,
            None if public is None else self._signs_by(public, trials),
        )
        if chosen:
            # A key that was asked for must work; of all keys it is enough that one does.
            severity = RemarkSeverity.WARNING if name == KeyName() else RemarkSeverity.ERROR
            self.remarks += probe_rules.key_remarks(
                found, certificate, self._label, self._now, severity
            )
        return found

    def _beside(self, facts: KeyFacts) -> tuple[Certificate | None, PublicKey | None]:
        """Return certificate and public key; of several certificates the one that lasts longest."""
        own = public_key_of(facts.kind, facts.public)
        found = []
        for der in facts.certificates:
            try:
                found.append(load_certificate(der))
            except AntinError as error:
                self.remarks.append(Remark.of(error, RemarkSeverity.WARNING))
        fitting = [c for c in found if own in {None, public_key_in(c.der)}]
        if len(fitting) < len(found):
            self.remarks.append(probe_rules.foreign_certificate(facts.id.hex()))
        certificate = max(fitting, key=lambda c: c.not_after, default=None)
        if own is None and certificate is not None:
            own = public_key_in(certificate.der)
        return certificate, self._usable(own)

    def _usable(self, public: bytes | None) -> PublicKey | None:
        if public is None:
            return None
        try:
            return load_public_key(public, self._label)
        except KeyDeviceError as error:
            self.remarks.append(Remark.of(error, RemarkSeverity.WARNING))
            return None

    def _trials(self, facts: KeyFacts, public: PublicKey) -> tuple[Trial, ...]:
        found = []
        for way in _ways(public, self._mechanisms):
            if self._over:
                break
            found.append(
                Trial(
                    MECHANISM_NAMES[way.call.number], way.algorithm, self._try(facts, public, way)
                )
            )
        return tuple(found)

    def _try(self, facts: KeyFacts, public: PublicKey, way: Way) -> Remark | None:
        name = KeyName(facts.label or None, facts.id or None)
        try:
            answer = self._device.sign(name, way.call, way.payload(TEST_VALUE), self._pin)
            value = way.value(answer, self._label)
            require_signature(public, way.algorithm, TEST_VALUE, value, token=self._label)
        except KeyDeviceError as error:
            if error.code in _ENDS:
                self._over = True
                self.remarks.append(Remark.of(error))
            return Remark.of(error, RemarkSeverity.WARNING)
        return None

    def _signs_by(self, public: PublicKey, trials: tuple[Trial, ...]) -> SignatureAlgorithm | None:
        """Return what ``open_key`` would choose, if that was tried and works."""
        working = {trial.algorithm for trial in trials if trial.works}
        pss = any(algorithm.scheme == "rsassa_pss" for algorithm in working)
        try:
            wanted = default_algorithm(public, self._scheme, pss=pss, token=self._label)
        except KeyDeviceError:
            return None
        return wanted if wanted in working else None


def _ways(public: PublicKey, mechanisms: frozenset[int]) -> tuple[Way, ...]:
    """Return all ways that fit the key: of an EC key those with the digest of its curve."""
    best = default_algorithm(public, None, pss=True, token="")
    if best.scheme != "rsassa_pss":
        return ways_to(best, mechanisms)
    names = sorted({name for name in (*HASHING, *RAW) if name[0].startswith("rsa")})
    return tuple(
        way for name in names for way in ways_to(SignatureAlgorithm.named(*name), mechanisms)
    )


def _kind(public: PublicKey) -> str:
    match public:
        case rsa.RSAPublicKey():
            return f"rsa-{public.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ec-p{public.curve.key_size}"
        case _:
            return "ed25519"
