"""Whose certificate it is: what an administrator registers for a user, by which they may sign."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from antin.core.errors import RefusedError


class BindingKind(StrEnum):
    """How a registration names certificates."""

    CERTIFICATE = "certificate"
    """One certificate, by the SHA-256 of its DER."""
    IDENTITY = "identity"
    """Every trusted certificate whose subject carries this personal number: renewals, too."""


@dataclass(frozen=True)
class SignerCertificate:
    """What a user may sign with."""

    id: str
    user_id: str
    kind: BindingKind
    value: str
    """Lower-case hex, or the number as the certificate spells it."""
    label: str
    """For people: the certificate's subject, or what the administrator wrote."""
    created_at: datetime
    removed_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True)
class Presented:
    """What tells one certificate from another, of one that was chosen for signing."""

    sha256: str
    identities: frozenset[str]
    """Personal numbers in its subject."""
    subject: str


def require_registered(registered: Iterable[SignerCertificate], chosen: Presented) -> None:
    """Raise ``certificate_not_registered`` unless the signer may sign with what was chosen."""
    for one in registered:
        if one.removed_at is not None:
            continue
        if one.kind is BindingKind.CERTIFICATE and one.value == chosen.sha256:
            return
        if one.kind is BindingKind.IDENTITY and one.value in chosen.identities:
            return
    raise RefusedError("certificate_not_registered", subject=chosen.subject)
