"""The agency's seal key, good for use: for sealing a document and for certifying a closure."""

from datetime import datetime

from antin.core.errors import KeyDeviceError
from antin.flows.services import Services
from antin.hsm.key import SigningKey
from antin.records.agency import Agency
from antin.signer.admissibility import check_certificate
from antin.signer.request import Level


def usable_seal_key(
    services: Services, agency: Agency, at: datetime, level: Level
) -> tuple[SigningKey, bytes]:
    """Return the agency's key and its certificate, checked as of ``at`` (CRY-2).

    Errors: ``seal_credential_missing``, ``key_without_certificate``, certificate codes, those of
    the key device.
    """
    key = services.seals.for_agency(agency.code)
    certificate = key.certificate
    if certificate is None:
        raise KeyDeviceError("key_without_certificate", key="seal", token=agency.code)
    check_certificate(certificate, (), services.trust, services.revocation, at, level)
    return key, certificate
