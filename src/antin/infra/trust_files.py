"""The trust folder on disk, read whole and bounded, then interpreted by pki/."""

from pathlib import Path
from typing import Final

from antin.core.errors import InputError
from antin.pki.trust import TrustMaterial

_FOLDERS: Final = ("", "intermediates", "crls", "ocsp")
_MAX_FILES: Final = 10_000
_MAX_BYTES: Final = 512 << 20


def read_trust(folder: Path) -> TrustMaterial:
    """Return the trust that ``folder`` holds. Error: ``trust_malformed``."""
    from antin.pki.trust_folder import read_trust_folder

    if not folder.is_dir():
        raise InputError("trust_malformed", detail=f"{folder} is no folder")
    try:
        return read_trust_folder(_files(folder))
    except OSError as error:
        raise InputError("trust_malformed", detail=f"{folder}: {error.strerror}") from error


def _groups(folder: Path) -> list[Path]:
    below = folder / "groups"
    return sorted(one for one in below.iterdir() if one.is_dir()) if below.is_dir() else []


def _files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    size = 0
    for below in (*(folder / name for name in _FOLDERS), *_groups(folder)):
        for path in sorted(below.iterdir()) if below.is_dir() else ():
            if not path.is_file() or path.name.startswith("."):
                continue
            size += path.stat().st_size
            if size > _MAX_BYTES or len(found) >= _MAX_FILES:
                raise InputError("trust_malformed", detail=f"{folder} holds too much")
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found
