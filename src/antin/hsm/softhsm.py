"""SoftHSM's configuration: where its tokens lie, said before its module is loaded."""

import os
from pathlib import Path
from typing import Final

from antin.core.errors import KeyDeviceError, UnavailableError

_MODULES: Final = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)

_TEXT: Final = """\
directories.tokendir = {tokens}
objectstore.backend = file
log.level = ERROR
"""


def find_module() -> Path:
    """Return where SoftHSM's PKCS#11 module usually lies; ``pkcs11_module_missing`` if nowhere."""
    for path in _MODULES:
        if path.is_file():
            return path
    raise KeyDeviceError("pkcs11_module_missing", module="libsofthsm2.so")


def configure(folder: Path) -> Path:
    """Make this process's SoftHSM keep its tokens in ``folder``/tokens; return its configuration.

    Must come before the module is loaded: SoftHSM reads its configuration once.
    Error: ``storage_full``.
    """
    path = configuration(folder)
    os.environ["SOFTHSM2_CONF"] = str(path)
    return path


def configuration(folder: Path) -> Path:
    """Return ``folder``/softhsm2.conf, written if it is missing or names another place.

    SoftHSM resolves a relative ``tokendir`` against the current folder, so the path in it is
    absolute, and ``folder`` may have been moved since. Error: ``storage_full``.
    """
    folder = folder.resolve()
    path = folder / "softhsm2.conf"
    text = _TEXT.format(tokens=folder / "tokens")
    try:
        (folder / "tokens").mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            _replace(path, text)
    except (OSError, ValueError) as error:
        raise UnavailableError("storage_full", detail=f"{path}: {error}") from error
    return path


def _replace(path: Path, text: str) -> None:
    # Another process may read it at this moment: it sees the old text or the new, never a part.
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)
