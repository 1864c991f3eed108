"""PKCS#11 modules: loaded once per process, tokens found by what is printed on them."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from antin.core.errors import DefectError, KeyDeviceError

try:
    import PyKCS11
except ImportError as missing:
    raise KeyDeviceError(
        "pkcs11_module_broken", module="*", detail="PyKCS11 is missing; install antin[server]"
    ) from missing


@dataclass(frozen=True)
class TokenInfo:
    """A token as its owner knows it."""

    label: str
    serial: str
    manufacturer: str
    model: str
    pin_locked: bool


@dataclass(frozen=True)
class Module:
    """A loaded module; ``library`` is PyKCS11's."""

    path: Path
    library: Any
    softhsm_configuration: str | None
    process: int


_lock: Final = threading.Lock()
_modules: Final[dict[Path, Module]] = {}


def load_module(path: Path) -> Module:
    """Return the module at ``path``, loading it at the first call.

    A changed SOFTHSM2_CONF loads it again, since SoftHSM reads that once; sessions opened before
    are dead then. Errors: ``pkcs11_module_missing``, ``pkcs11_module_broken``.
    """
    path = path.resolve()  # one library behind two names is still initialised only once
    configuration = os.environ.get("SOFTHSM2_CONF")
    with _lock:
        module = _modules.get(path)
        if module is not None and module.process != os.getpid():
            # PKCS#11 v2.40 §6.7: a child may not use what its parent initialised.
            raise DefectError("defect", detail="a PKCS#11 module was loaded before a fork")
        if module is not None and module.softhsm_configuration == configuration:
            return module
        if module is not None:
            _modules.pop(path).library.unload()
        module = Module(path, _load(path), configuration, os.getpid())
        _modules[path] = module
        return module


def _load(path: Path) -> Any:
    if not path.is_file():
        raise KeyDeviceError("pkcs11_module_missing", module=str(path))
    library = PyKCS11.PyKCS11Lib()
    try:
        library.load(str(path))
    except PyKCS11.PyKCS11Error as error:
        raise KeyDeviceError("pkcs11_module_broken", module=str(path), detail=str(error)) from error
    return library


def tokens_of(module: Module) -> tuple[tuple[int, TokenInfo], ...]:
    """Return slot number and token of every initialised token that is connected now.

    Slot numbers change whenever something is plugged in: use one at once, never keep it.
    Error: ``pkcs11_module_broken``.
    """
    try:
        slots = module.library.getSlotList(tokenPresent=True)
    except PyKCS11.PyKCS11Error as error:
        raise KeyDeviceError(
            "pkcs11_module_broken", module=str(module.path), detail=str(error)
        ) from error
    found = ((slot, _token_in(module, slot)) for slot in slots)
    return tuple((slot, info) for slot, info in found if info is not None)


def find_token(module: Module, label: str, serial: str | None) -> tuple[int, TokenInfo]:
    """Return slot number and token with this label, and this serial number unless None.

    ``token_not_found`` if there is none, or several when no serial number tells them apart.
    """
    found = [
        (slot, info)
        for slot, info in tokens_of(module)
        if info.label == label and serial in {None, info.serial}
    ]
    if len(found) > 1:
        raise KeyDeviceError("token_not_found", token=f"{label} (several; give the serial number)")
    if not found:
        raise KeyDeviceError("token_not_found", token=label)
    return found[0]


def _token_in(module: Module, slot: int) -> TokenInfo | None:
    try:
        info = module.library.getTokenInfo(slot)
    except PyKCS11.PyKCS11Error:  # removed in between, or not a token at all
        return None
    if not info.flags & PyKCS11.CKF_TOKEN_INITIALIZED:
        return None
    return TokenInfo(
        _unpadded(info.label),
        _unpadded(info.serialNumber),
        _unpadded(info.manufacturerID),
        _unpadded(info.model),
        bool(info.flags & PyKCS11.CKF_USER_PIN_LOCKED),
    )


def _unpadded(text: str) -> str:
    return str(text).rstrip(" \0")
