"""The pictures of a report as files, named so that the files of many reports go into one folder."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from antin.core.errors import InputError, UnavailableError
from antin.verifier.pictures import Picture
from antin.verifier.report import Report

_LONGEST: Final = 120
"""Bytes of a file's own name; a file system takes 255 with what comes after it."""


def write_pictures(report: Report, name: str, folder: Path) -> tuple[Path, ...]:
    """Write the pictures of every finding as PNG into ``folder`` and return their paths.

    ``letter-1a2b3c4d-s1-p2-before.png`` is page 2 of a letter as its first signature covered it,
    1a2b3c4d the beginning of the letter's SHA-256; beside it ``-after`` and ``-difference``.
    Errors: ``file_unreadable`` when the folder can't be made, ``storage_full``.
    """
    plain = "".join(c if c.isalnum() or c in "-_ " else "_" for c in name)
    stem = f"{plain.encode()[:_LONGEST].decode(errors='ignore')}-{report.sha256[:8]}"
    found = [(folder / f"{stem}-{which}.png", picture) for which, picture in _pictures(report)]
    for path, picture in found:
        _write(path, picture.png)
    return tuple(path for path, _ in found)


def _pictures(report: Report) -> Iterator[tuple[str, Picture]]:
    for position, signature in enumerate(report.signatures, start=1):
        for finding in signature.changes_after.findings:
            shown = finding.pictures
            if shown is None:
                continue
            page = shown.page_after or shown.page_before
            # A page that is gone can have the number of one that is there.
            which = f"s{position}-p{page}" if shown.page_after else f"s{position}-gone-p{page}"
            for side in ("before", "after", "difference"):
                picture = getattr(shown, side)
                if picture is not None:
                    yield f"{which}-{side}", picture


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".picture.")
    except OSError as error:
        raise InputError("file_unreadable", path=str(path), reason=error.strerror) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), 0o644)
        Path(name).replace(path)
    except OSError as error:
        raise UnavailableError("storage_full", detail=error.strerror) from error
    finally:
        Path(name).unlink(missing_ok=True)
