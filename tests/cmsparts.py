"""A SignedData put together from parts that a test may replace, one by one."""

import hashlib
from collections.abc import Callable

from cryptography import x509

from antin.pki.der_write import integer, oid, sequence, set_of, tlv
from tests.smallpki import Holder, sign_value

CONTENT = b"a letter"
DIGEST = hashlib.sha256(CONTENT).digest()
SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
SHA512 = sequence(oid("2.16.840.1.101.3.4.2.3"))
ECDSA = sequence(oid("1.2.840.10045.4.3.2"))
DATA, SIGNED_DATA = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.2")


def attribute(dotted: str, *values: bytes) -> bytes:
    return sequence(oid(dotted), set_of(*values))


CONTENT_TYPE = attribute("1.2.840.113549.1.9.3", DATA)
MESSAGE_DIGEST = attribute("1.2.840.113549.1.9.4", tlv(4, DIGEST))
STAMP = "1.2.840.113549.1.9.16.2.14"
PROTECTION = "1.2.840.113549.1.9.52"


class Parts:
    """A SignedData in parts, each of which a test may replace."""

    def __init__(self, holder: Holder) -> None:
        certificate = x509.load_der_x509_certificate(holder.der)
        self.holder = holder
        self.version, self.signer_version = integer(1), integer(1)
        self.digests = set_of(SHA256)
        self.content = sequence(DATA)
        self.certificates = tlv(0xA0, holder.der)
        self.crls = b""
        serial = integer(certificate.serial_number)
        self.sid = sequence(certificate.issuer.public_bytes(), serial)
        self.digest, self.algorithm = SHA256, ECDSA
        ess = sequence(sequence(sequence(tlv(4, hashlib.sha256(holder.der).digest()))))
        named = attribute("1.2.840.113549.1.9.16.2.47", ess)
        self.attributes = [*sorted((CONTENT_TYPE, MESSAGE_DIGEST, named))]
        self.unsigned = b""
        self.after = b""

    def der(self, wrap: Callable[[int, bytes], bytes] = tlv) -> bytes:
        """Return it all, signed; ``wrap`` makes the outer values."""
        value = sign_value(self.holder.key, tlv(0x31, *self.attributes))
        signed = tlv(0xA0, *self.attributes) if self.attributes else b""
        info = sequence(
            self.signer_version,
            self.sid,
            self.digest,
            signed,
            self.algorithm,
            tlv(4, value),
            self.unsigned,
        )
        inner = self.version + self.digests + self.content + self.certificates + self.crls
        whole = wrap(0x30, inner + set_of(info) + self.after)
        return wrap(0x30, SIGNED_DATA + wrap(0xA0, whole))
