"""Keys on PKCS#11 tokens: USB tokens of officers, HSMs of agencies."""

from pathlib import Path

from antin.core.errors import KeyDeviceError
from antin.hsm.pins import PinProvider
from antin.hsm.pkcs11_key import KeyInfo, KeyReference, Pkcs11Key, key_info, one_key
from antin.hsm.pkcs11_mechanisms import PSS_SHA256, mechanism_for
from antin.hsm.pkcs11_module import TokenInfo, load_module, tokens_of
from antin.hsm.pkcs11_objects import find_private_keys
from antin.hsm.pkcs11_token import connected_token
from antin.hsm.public_keys import default_algorithm, load_public_key

__all__ = [
    "KeyInfo",
    "KeyReference",
    "Pkcs11Key",
    "TokenInfo",
    "list_keys",
    "list_tokens",
    "open_key",
]


def list_tokens(module: Path) -> tuple[TokenInfo, ...]:
    """Return the tokens connected now. Errors: ``pkcs11_module_missing``, ``…_broken``."""
    return tuple(info for _, info in tokens_of(load_module(module)))


def list_keys(
    module: Path, token_label: str, token_serial: str | None, pin: PinProvider
) -> tuple[KeyInfo, ...]:
    """Return the private keys on a token, in the order of their labels.

    Errors: those of :func:`open_key`, without ``key_not_found``.
    """
    token = connected_token(module, token_label, token_serial)
    with token.session(pin) as session:
        # Before login a token shows no private keys, and no error either.
        found = [key_info(session, handle) for handle in find_private_keys(session, None, None)]
    return tuple(sorted(found, key=lambda info: (info.label, info.id)))


def open_key(reference: KeyReference, pin: PinProvider) -> Pkcs11Key:
    """Log in and return the key that ``reference`` names.

    A login counts for the whole process: while one stands, ``pin`` is not asked.

    Errors: ``pkcs11_module_missing``, ``pkcs11_module_broken``, ``token_not_found``,
    ``pin_missing``, ``pin_incorrect``, ``pin_locked``, ``key_not_found``, ``mechanism_missing``,
    ``token_failed``.
    """
    token = connected_token(reference.module, reference.token_label, reference.token_serial)
    with token.session(pin) as session:
        handle = one_key(session, reference)
        info = key_info(session, handle)
    if info.public_key is None:
        detail = "the key has neither public key nor certificate beside it"
        raise KeyDeviceError("token_failed", token=token.label, detail=detail)
    public_key = load_public_key(info.public_key, token.label)
    pss = token.supports(PSS_SHA256)
    algorithm = default_algorithm(public_key, reference.scheme, pss=pss, token=token.label)
    mechanism = mechanism_for(algorithm, token.label)
    if not token.supports(mechanism.number):
        raise KeyDeviceError("mechanism_missing", token=token.label, mechanism=algorithm.scheme)
    return Pkcs11Key(token, reference, public_key, info.certificate, mechanism, pin)
