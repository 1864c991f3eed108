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
