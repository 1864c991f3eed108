"""Making names in a folder durable: a rename is on disk only once its folder is.

Folders may be others', too: what lies in them leads nowhere else and makes nobody wait.
"""

import errno
import os
import stat
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
    process or a full disk left is taken away by the next, and does not pile up. Raises OSError.
    """
    unnamed = path.with_name(path.name + ".new")
    # Never written into: a link of that name would lead to another file of ours.
    unnamed.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(unnamed, flags, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unnamed.replace(path)
    sync_folder(path.parent)


def read_plain(path: Path, limit: int) -> bytes:
    """Return the first ``limit`` bytes of a plain file; raises OSError, also for what is none.

    A named pipe would wait for its other end.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        return file.read(limit)
