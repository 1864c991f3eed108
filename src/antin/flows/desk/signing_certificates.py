"""The certificate that an officer chose: registered for them, and good for signing now."""

from dataclasses import dataclass
from datetime import datetime

from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.pki.algorithms import SignatureAlgorithm
from antin.pki.certificates import load_certificate
from antin.pki.identities import personal_numbers
from antin.records.signer_certificate import Presented, require_registered
from antin.signer.admissibility import check_certificate
from antin.signer.request import Level


@dataclass(frozen=True)
class Choice:
    """What the desk brings to *prepare*: the certificate chosen on the token, and how it signs."""

    certificate: bytes
    chain: tuple[bytes, ...]
    algorithm: SignatureAlgorithm


def require_own(stores: Stores, signer_id: str, certificate: bytes) -> None:
    """Raise ``certificate_not_registered`` unless the certificate is one of this signer's.

    Trust alone says that it is somebody's: an authority issues certificates to many.
    """
    read = load_certificate(certificate)
    chosen = Presented(read.sha256, personal_numbers(read), read.subject)
    require_registered(stores.users.certificates(signer_id), chosen)


def require_good(
    services: Services, certificate: bytes, chain: tuple[bytes, ...], at: datetime
) -> None:
    """Raise the code of what stands against signing with the certificate now (CRY-2)."""
    check_certificate(certificate, chain, services.trust, services.revocation, at, Level.B_T)
