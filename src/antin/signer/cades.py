"""CAdES: detached signatures over files that are no PDF (EN 319 122-1)."""

import hashlib
from datetime import datetime

from antin.hsm.key import SigningKey
from antin.pki.certificates import load_certificate
from antin.pki.fetching import TimestampService
from antin.signer import algorithms
from antin.signer.cms_write import signed_attributes, signed_data
from antin.signer.timestamping import stamp


def sign_detached(
    data: bytes,
    key: SigningKey,
    *,
    certificate: bytes,
    signing_time: datetime,
    chain: tuple[bytes, ...] = (),
    timestamps: TimestampService | None = None,
) -> bytes:
    """Return a DER CMS over small ``data``, which it does not contain (B-B, or B-T with a TSA).

    Errors: ``algorithm_forbidden``, ``signature_value_wrong``, ``KeyDeviceError``,
    ``timestamp_unavailable``, ``timestamp_wrong``.
    """
    algorithm = key.algorithm
    holder = load_certificate(certificate)
    algorithms.check_key_fits(holder, algorithm)
    digest = hashlib.new(algorithm.digest, data).digest()
    attributes = signed_attributes(digest, certificate, algorithm, signing_time=signing_time)
    signature = key.sign(attributes)
    algorithms.check_value(holder, algorithm, attributes, signature)
    token = None
    if timestamps is not None:
        imprint = hashlib.new(algorithm.digest, signature).digest()
        token = stamp(timestamps, imprint, algorithm.digest).token
    return signed_data(
        attributes,
        signature,
        certificate=certificate,
        chain=chain,
        algorithm=algorithm,
        timestamp=token,
    )
