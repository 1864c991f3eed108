"""What the authorities answer, as a function of path, body and time; certomancer does the work.

The HTTP server and the in-process services of the tests both answer from here.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from asn1crypto import ocsp, tsp
from certomancer.registry import CertLabel, PKIArchitecture, ServiceLabel
from certomancer.services import CertomancerServiceError

from devpki.architecture import ARCHITECTURE

Answer = tuple[str, bytes]
"""Media type and body."""

_PATH: Final = re.compile(rf"/{ARCHITECTURE}/(ocsp|tsa|crls|certs)/([a-z-]+)(?:/([\w.-]+))?")


class UnknownPathError(Exception):
    """Nothing is served at this path."""


class BadRequestError(Exception):
    """The body is not what this path takes."""


class Services:
    """OCSP, CRL, TSA and issuers' certificates of one development trust world."""

    def __init__(self, architecture: PKIArchitecture) -> None:
        self._architecture: Any = architecture  # its registry's methods are partly untyped
        self._answers: dict[str, Callable[[ServiceLabel, bytes, datetime], Answer]] = {
            "ocsp": self._ocsp,
            "tsa": self._tsa,
            "crls": self._crl,
            "certs": self._certificate,
        }

    def answer(self, path: str, body: bytes, moment: datetime) -> Answer:
        """Return media type and body for ``path``, as answered at ``moment``."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise UnknownPathError(path)
        kind, label, _ = match.groups()
        try:
            return self._answers[kind](ServiceLabel(label), body, moment)
        except (ValueError, TypeError) as error:
            raise BadRequestError(str(error)) from error
        except CertomancerServiceError as error:
            raise UnknownPathError(path) from error

    @property
    def _registry(self) -> Any:
        return self._architecture.service_registry

    def _ocsp(self, label: ServiceLabel, body: bytes, moment: datetime) -> Answer:
        # RFC 6960 allows no fractions of a second in these times.
        responder = self._registry.summon_responder(label, moment.replace(microsecond=0))
        response = responder.build_ocsp_response(ocsp.OCSPRequest.load(body))
        return "application/ocsp-response", response.dump()

    def _tsa(self, label: ServiceLabel, body: bytes, moment: datetime) -> Answer:
        # Milliseconds, so that stamps in quick succession stay in order (RFC 3161 §2.4.2).
        at = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        stamper = self._registry.summon_timestamper(label, at)
        response = stamper.request_tsa_response(tsp.TimeStampReq.load(body))
        return "application/timestamp-reply", response.dump()

    def _crl(self, label: ServiceLabel, _body: bytes, moment: datetime) -> Answer:
        return "application/pkix-crl", self._registry.get_crl(label, moment).dump()

    def _certificate(self, label: ServiceLabel, _body: bytes, _moment: datetime) -> Answer:
        certificate = self._registry.get_cert_from_repo(label, None)
        return "application/pkix-cert", certificate.dump()


def certificate_of(architecture: PKIArchitecture, label: str) -> bytes:
    """Return the DER certificate with this label."""
    certificate: Any = architecture.get_cert(CertLabel(label))
    der: bytes = certificate.dump()
    return der
