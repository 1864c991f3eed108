"""What other programs say of signatures: OpenSSL, and pyHanko's validation by EN 319 102-1."""

import asyncio
import io
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESStatus
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager


def write_anchor(folder: Path, root: bytes) -> Path:
    """Write the DER certificate ``root`` as OpenSSL wants it."""
    path = folder / "root.pem"
    path.write_bytes(load_der_x509_certificate(root).public_bytes(Encoding.PEM))
    return path


def openssl_cms(folder: Path, signed: bytes, content: bytes | Path, anchor: Path) -> bool:
    """Tell whether OpenSSL finds a detached CMS, the path of its signer included, right."""
    (folder / "signed.der").write_bytes(signed)
    if isinstance(content, bytes):
        (folder / "content.bin").write_bytes(content)
        content = folder / "content.bin"
    return _says_yes(
        *("cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", folder / "signed.der"),
        *("-content", content, "-CAfile", anchor, "-purpose", "any", "-out", "/dev/null"),
    )


def openssl_ts(folder: Path, token: bytes, stamped: bytes, anchor: Path) -> bool:
    """Tell whether OpenSSL finds that ``token`` stamps ``stamped``, and its path right."""
    (folder / "token.der").write_bytes(token)
    (folder / "stamped.bin").write_bytes(stamped)
    return _says_yes(
        *("ts", "-verify", "-token_in", "-in", folder / "token.der"),
        *("-data", folder / "stamped.bin", "-CAfile", anchor),
    )


def _says_yes(*command: str | Path) -> bool:
    return subprocess.run(["openssl", *command], capture_output=True, check=False).returncode == 0


def pyhanko_lta(data: bytes, roots: Sequence[bytes], at: datetime) -> AdESStatus:
    """Return what pyHanko says of the first signature at ``at``, offline, with revocation proof."""
    anchors = [x509.Certificate.load(der) for der in roots]
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=anchors),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        time_tolerance=timedelta(seconds=10),
    )
    offline = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(policy, offline, policy))
    embedded = PdfFileReader(io.BytesIO(data)).embedded_signatures[0]
    timing = ValidationTimingInfo(at, at, point_in_time_validation=True)
    return asyncio.run(ades_lta_validation(embedded, spec, timing)).ades_subindic.status
