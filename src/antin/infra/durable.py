"""Making names in a folder durable: a rename is on disk only once its folder is."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` survive a power failure; raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace_whole(path: Path, data: bytes) -> None:
    """Let ``data`` take the place of ``path``, durably: there is the old file or the new one.

    To be run under a lock: the half-made file has always the same name, so that what a killed
    process or a full disk left is written over by the next, and does not pile up. Raises OSError.
    """
    unnamed = path.with_name(path.name + ".new")
    fd = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unnamed.replace(path)
    sync_folder(path.parent)
