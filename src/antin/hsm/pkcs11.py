"""Keys on PKCS#11 tokens: USB tokens of officers, HSMs of agencies."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from antin.core.errors import KeyDeviceError
from antin.hsm.found_keys import KeyInfo, key_info
from antin.hsm.mechanisms import ways_to
from antin.hsm.module import module_at
from antin.hsm.pins import PinProvider
from antin.hsm.pkcs11_key import KeyReference, Pkcs11Key
from antin.hsm.public_keys import default_algorithm, load_public_key
from antin.hsm.room import KeyRoom, Place
from antin.hsm.slots import TokenInfo, tokens_of
from antin.pki.algorithms import SignatureAlgorithm

__all__ = [
    "KeyInfo",
    "KeyReference",
    "KeyRoom",
    "Pkcs11Key",
    "TokenInfo",
    "list_keys",
    "list_tokens",
    "open_key",
]

HERE: Final = KeyRoom()
"""This process, for commands that use a key and end."""


def list_tokens(module: Path) -> tuple[TokenInfo, ...]:
    """Return the tokens connected now. Errors: ``pkcs11_module_missing``, ``…_broken``."""
    found = module_at(module)
    with found.used() as loaded:
        return tuple(info for _, info in tokens_of(loaded, found.path))


def list_keys(
    module: Path,
    token_label: str,
    token_serial: str | None,
    pin: PinProvider,
    room: KeyRoom = HERE,
) -> tuple[KeyInfo, ...]:
    """Return the private keys on a token, in the order of their labels.

    Errors: those of :func:`open_key`, without ``key_not_found``.
    """
    device = room.device(Place(module, token_label, token_serial))
    found = [key_info(facts) for facts in device.facts(pin).keys]
    return tuple(sorted(found, key=lambda info: (info.label, info.id)))


def open_key(reference: KeyReference, pin: PinProvider, room: KeyRoom = HERE) -> Pkcs11Key:
    """Log in and return the key that ``reference`` names.

    A login counts for a whole process: while one stands, ``pin`` is not asked.

    Errors: ``pkcs11_module_missing``, ``pkcs11_module_broken``, ``token_not_found``,
    ``pin_missing``, ``pin_incorrect``, ``pin_expired``, ``pin_final_try``, ``pin_locked``,
    ``key_not_found``, ``mechanism_missing``, ``session_lost``, ``token_failed``,
    ``token_timeout``, ``key_process_died``.
    """
    label = reference.token_label
    device = room.device(reference.place)
    facts = device.facts(pin, reference.name)
    info = _only(tuple(key_info(key) for key in facts.keys), reference)
    if reference.certificate is not None:
        # From now on it is looked for by what it is called.
        reference = replace(reference, key_label=info.label or None, key_id=info.id or None)
    if info.public_key is None:
        detail = "the key has neither public key nor certificate beside it"
        raise KeyDeviceError("token_failed", token=label, detail=detail)
    public_key = load_public_key(info.public_key, label)
    pss = bool(ways_to(SignatureAlgorithm("rsassa_pss"), facts.mechanisms))
    algorithm = default_algorithm(public_key, reference.scheme, pss=pss, token=label)
    ways = ways_to(algorithm, facts.mechanisms)
    if not ways:
        raise KeyDeviceError("mechanism_missing", token=label, mechanism=algorithm.scheme)
    return Pkcs11Key(
        device, room.gate, reference, facts.serial, public_key, info.certificate, ways, pin
    )


def _only(found: tuple[KeyInfo, ...], reference: KeyReference) -> KeyInfo:
    wanted, shown = reference.certificate, str(reference.name)
    if wanted is not None:
        found = tuple(info for info in found if info.certificate == wanted)
        shown += " with this certificate"
    if len(found) != 1:
        shown += " (several; give label and id)" if found else ""
        raise KeyDeviceError("key_not_found", token=reference.token_label, key=shown)
    return found[0]
