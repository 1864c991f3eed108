"""What a probe of a token found: frozen, plain, and the same in JSON for ever."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.codes import CODES, FINDINGS
from antin.core.errors import AntinError, Value, fill
from antin.hsm.slots import TokenInfo
from antin.pki.algorithms import SignatureAlgorithm

SCHEMA: Final = "antin-probe/1"


class PinState(StrEnum):
    """How a token says that its PIN stands; a token that says nothing is in order."""

    OK = "ok"
    LOW = "low"
    FINAL_TRY = "final_try"
    LOCKED = "locked"


class RemarkSeverity(StrEnum):
    """How much a remark matters."""

    ERROR = "error"
    """The token, or the key that was asked for, cannot be signed with."""
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Remark:
    """One thing to know: a key of ``core.codes`` and what fills its sentence."""

    code: str
    severity: RemarkSeverity
    values: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, error: AntinError, severity: RemarkSeverity = RemarkSeverity.ERROR) -> "Remark":
        """Return the remark that says what ``error`` says."""
        return cls(error.code, severity, tuple(error.values.items()))

    @property
    def sentence(self) -> str:
        """The English sentence, a message id."""
        return CODES[self.code][1] if self.code in CODES else FINDINGS[self.code]

    def as_json(self) -> JsonObject:
        """Return it as it stands in JSON; the sentence in English."""
        values = {name: list(v) if isinstance(v, tuple) else v for name, v in self.values}
        detail = fill(self.sentence, dict(self.values))
        severity = self.severity.value
        return {"code": self.code, "severity": severity, "detail": detail, "values": values}


@dataclass(frozen=True)
class Trial:
    """One signature over the test value, checked against the public key."""

    mechanism: str
    """As PKCS#11 names it."""
    algorithm: SignatureAlgorithm
    failure: Remark | None
    """None: the signature was given and fits."""

    @property
    def works(self) -> bool:
        """Whether a good signature came of it."""
        return self.failure is None

    def as_json(self) -> JsonObject:
        """Return it as it stands in JSON."""
        return {
            "mechanism": self.mechanism,
            "scheme": self.algorithm.scheme,
            "digest": self.algorithm.digest,
            "works": self.works,
            "failure": None if self.failure is None else self.failure.as_json(),
        }


@dataclass(frozen=True)
class ProbedCertificate:
    """The certificate beside a key."""

    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: datetime
    not_after: datetime
    days_left: int
    """Whole days; negative once it has expired."""
    key_usage: tuple[str, ...] | None
    """Names of RFC 5280 §4.2.1.3; None: the certificate sets no bounds."""

    def as_json(self) -> JsonObject:
        """Return it as it stands in JSON."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "serial": self.serial,
            "sha256": self.sha256,
            "not_before": _time(self.not_before),
            "not_after": _time(self.not_after),
            "days_left": self.days_left,
            "key_usage": None if self.key_usage is None else list(self.key_usage),
        }


@dataclass(frozen=True)
class ProbedKey:
    """A private key, what lies beside it, and what it signed."""

    label: str
    id: str
    """Hex."""
    kind: str | None
    """``rsa-3072``, ``ec-p256``, ``ed25519``; None: the token shows no public key."""
    asks_each_time: bool
    """Whether the PIN is wanted for every signature."""
    certificate: ProbedCertificate | None
    chosen: bool
    """Whether it was to be tried."""
    trials: tuple[Trial, ...]
    signs_by: SignatureAlgorithm | None
    """What Antin signs by with this key; None: nothing that was tried works."""

    @property
    def name(self) -> str:
        """The key as a person would look for it."""
        return self.label or self.id

    def as_json(self) -> JsonObject:
        """Return it as it stands in JSON."""
        by = self.signs_by
        return {
            "label": self.label,
            "id": self.id,
            "kind": self.kind,
            "asks_each_time": self.asks_each_time,
            "certificate": None if self.certificate is None else self.certificate.as_json(),
            "chosen": self.chosen,
            "trials": [trial.as_json() for trial in self.trials],
            "signs_by": None if by is None else {"scheme": by.scheme, "digest": by.digest},
        }


@dataclass(frozen=True)
class Probe:
    """A token as it was found."""

    module: str
    token: TokenInfo
    pin_state: PinState
    """Before anything was done."""
    pin_used: bool
    mechanisms: tuple[str, ...]
    """Those that Antin knows and the token signs by, as PKCS#11 names them."""
    keys: tuple[ProbedKey, ...]
    remarks: tuple[Remark, ...]

    @property
    def errors(self) -> tuple[Remark, ...]:
        """What keeps it from being signed with; empty: it can be."""
        return tuple(r for r in self.remarks if r.severity is RemarkSeverity.ERROR)

    def as_json(self) -> JsonObject:
        """Return it as it stands in JSON."""
        token = self.token
        return {
            "schema": SCHEMA,
            "module": self.module,
            "token": {
                "label": token.label,
                "serial": token.serial,
                "manufacturer": token.manufacturer,
                "model": token.model,
            },
            "pin": {
                "state": self.pin_state.value,
                "to_be_changed": token.pin_to_be_changed,
                "used": self.pin_used,
            },
            "mechanisms": list(self.mechanisms),
            "keys": [key.as_json() for key in self.keys],
            "remarks": [remark.as_json() for remark in self.remarks],
            "usable": not self.errors,
        }


def pin_state(token: TokenInfo) -> PinState:
    """Return how the token's flags say that its PIN stands, the worst first."""
    if token.pin_locked:
        return PinState.LOCKED
    if token.pin_final_try:
        return PinState.FINAL_TRY
    return PinState.LOW if token.pin_low else PinState.OK


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
