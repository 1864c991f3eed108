"""One key on a PKCS#11 token: how it is named, and how it signs."""

from dataclasses import dataclass
from pathlib import Path

from antin.core.errors import KeyDeviceError
from antin.hsm.device import Device
from antin.hsm.gate import PinGate
from antin.hsm.mechanisms import Way
from antin.hsm.objects import KeyName
from antin.hsm.pins import PinProvider
from antin.hsm.public_keys import PublicKey, dump_public_key, require_signature
from antin.hsm.return_codes import wants_fresh_start
from antin.hsm.room import Place
from antin.pki.algorithms import Scheme, SignatureAlgorithm


@dataclass(frozen=True)
class KeyReference:
    """Where a key is found; slot numbers are never among it, because they change."""

    module: Path
    token_label: str
    token_serial: str | None = None
    key_label: str | None = None
    key_id: bytes | None = None
    """CKA_ID; label and id may both be None where the token has a single key."""
    scheme: Scheme | None = None
    """None: PSS for RSA where the token can, else PKCS#1 v1.5; ECDSA for EC, EdDSA for Ed25519."""
    certificate: bytes | None = None
    """DER; the key is the one that this certificate lies beside."""

    @property
    def place(self) -> Place:
        """The key's token."""
        return Place(self.module, self.token_label, self.token_serial)

    @property
    def name(self) -> KeyName:
        """The key as it is called on its token."""
        return KeyName(self.key_label, self.key_id)


class Pkcs11Key:
    """A :class:`~antin.hsm.key.SigningKey` on a token; any number of threads may use it."""

    def __init__(
        self,
        device: Device,
        gate: PinGate,
        reference: KeyReference,
        serial: str,
        public_key: PublicKey,
        certificate: bytes | None,
        ways: tuple[Way, ...],
        pin: PinProvider,
    ) -> None:
        self.certificate = certificate
        self._device = device
        self._gate = gate
        self._reference = reference
        self._serial = serial
        self._public_key = public_key
        self._ways = ways
        self._pin = pin

    def __repr__(self) -> str:
        return f"Pkcs11Key({self._reference.token_label!r}, {str(self._reference.name)!r})"

    @property
    def public_key(self) -> bytes:
        return dump_public_key(self._public_key)

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._ways[0].algorithm

    def sign(self, data: bytes) -> bytes:
        # The first way whose signature fits the public key is the one that is used from then on.
        while True:
            way, *others = self._ways
            try:
                return self._sign_by(way, data)
            except KeyDeviceError as error:
                if not others or not _is_the_ways_fault(error):
                    raise
                self._ways = tuple(others)

    def _sign_by(self, way: Way, data: bytes) -> bytes:
        label = self._reference.token_label
        # 1. A token whose PIN was found locked, or before its last try, passes the gate anew.
        stopped = self._gate.stopped(label, self._serial)
        answer = self._device.sign(
            self._reference.name, way.call, way.payload(data), self._pin, fresh=stopped
        )
        # 2. Nothing is no signature; ECDSA's numbers become DER.
        value = way.value(answer, label)
        # 3. Before anything is embedded anywhere: a token's mistake stays on this side.
        require_signature(self._public_key, way.algorithm, data, value, token=label)
        self._ways = (way,)
        return value


def _is_the_ways_fault(error: KeyDeviceError) -> bool:
    return error.code in {"mechanism_missing", "token_failed"} and not wants_fresh_start(error)
