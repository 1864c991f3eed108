"""A private key in memory: for tests only. What ships reaches keys through PKCS#11."""

from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from antin.hsm.public_keys import (
    HASHES,
    default_algorithm,
    dump_public_key,
    rsa_padding,
)
from antin.pki.algorithms import Scheme, SignatureAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class InsecureSoftwareKey:
    """A :class:`~antin.hsm.key.SigningKey` whose key anybody in the process can read."""

    def __init__(
        self,
        private_key: PrivateKey,
        certificate: bytes | None = None,
        scheme: Scheme | None = None,
    ) -> None:
        self._private_key = private_key
        self._algorithm = default_algorithm(
            private_key.public_key(), scheme, pss=True, token=type(self).__name__
        )
        self.certificate = certificate

    @property
    def public_key(self) -> bytes:
        return dump_public_key(self._private_key.public_key())

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._algorithm

    def with_certificate(self, certificate: bytes) -> Self:
        """Return the same key with ``certificate`` (DER) beside it."""
        return type(self)(self._private_key, certificate, self._algorithm.scheme)

    def with_scheme(self, scheme: Scheme) -> Self:
        """Return the same key, signing by ``scheme``."""
        return type(self)(self._private_key, self.certificate, scheme)

    def sign(self, data: bytes) -> bytes:
        if isinstance(self._private_key, ed25519.Ed25519PrivateKey):
            return self._private_key.sign(data)
        digest = HASHES[self._algorithm.digest]
        if isinstance(self._private_key, ec.EllipticCurvePrivateKey):
            return self._private_key.sign(data, ec.ECDSA(digest))
        return self._private_key.sign(data, rsa_padding(self._algorithm), digest)
