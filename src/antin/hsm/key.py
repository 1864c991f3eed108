"""The small interface that every key backend has."""

from typing import Protocol

from antin.pki.algorithms import SignatureAlgorithm


class SigningKey(Protocol):
    """A private key that stays where it is."""

    @property
    def certificate(self) -> bytes | None:
        """The DER certificate stored beside the key, if any."""
        ...

    @property
    def public_key(self) -> bytes:
        """The DER SubjectPublicKeyInfo."""
        ...

    @property
    def algorithm(self) -> SignatureAlgorithm:
        """What :meth:`sign` produces, by the credential's policy and the token's abilities."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Sign ``data`` (not its digest); ECDSA values are DER, never empty.

        Errors: ``KeyDeviceError`` with ``pin_incorrect``, ``pin_locked``, ``token_not_found``,
        ``token_failed`` and the other codes of its family.
        """
        ...
