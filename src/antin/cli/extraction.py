"""Writing a signature's parts into a folder, and a file as it was after one of its revisions."""

from pathlib import Path

from antin.cli.output import printable, say, write_file, write_stream
from antin.core.bytesource import FileSource
from antin.core.errors import InputError, RefusedError, UsageError
from antin.pdf.document import PdfDocument, open_pdf
from antin.verifier.extract import (
    bytes_until,
    extract,
    revision_bytes,
    revision_length,
    signed_bytes,
)


def extract_all(file: Path, folder: Path, field: str | None) -> None:
    """Write the parts of one signature, or of all, into the new ``folder``.

    For each field: ``NAME.p7s`` (CMS), ``NAME.signed`` (the signed bytes), ``NAME.revision.pdf``,
    and with a time-stamp ``NAME.tst`` (token) and ``NAME.value`` (what it covers).
    Error: ``nothing_to_extract`` for a file without signatures; no folder is made then.
    """
    with FileSource(file) as source:
        document = open_pdf(source)
        names = [field] if field else [one.name for one in document.signatures]
        if not names:
            raise RefusedError("nothing_to_extract")
        _make(folder)
        for place, name in enumerate(names, 1):
            _write(document, name, folder, _stem(name, place))


def extract_revision(file: Path, number: int, output: Path) -> None:
    """Write ``file`` as it was after revision ``number`` to ``output``, whole or not at all.

    Errors: ``revision_not_found``, ``revision_unclear``; ``output_exists`` for the file itself.
    """
    with FileSource(file) as source:
        document = open_pdf(source)
        end = revision_length(document, number)
        if output.exists() and output.samefile(file):
            raise UsageError("output_exists", path=str(output))
        write_stream(output, bytes_until(document, end))
    say(printable(str(output)))


def _make(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("output_exists", path=str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("file_unreadable", path=str(folder), reason=error.strerror) from error


def _stem(name: str, place: int) -> str:
    """Return a file name for a field, whatever its foreign name holds."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
    return plain[:60] if plain.strip("_") == name else f"{place}-{plain[:60]}"


def _write(document: PdfDocument, name: str, folder: Path, stem: str) -> None:
    parts = extract(document, name)
    write_file(folder / f"{stem}.p7s", parts.cms)
    write_stream(folder / f"{stem}.signed", signed_bytes(document, parts))
    made = [f"{stem}.p7s", f"{stem}.signed"]
    if parts.revision_end is not None:
        write_stream(folder / f"{stem}.revision.pdf", revision_bytes(document, parts))
        made.append(f"{stem}.revision.pdf")
    if parts.timestamp_token is not None:
        write_file(folder / f"{stem}.tst", parts.timestamp_token)
        write_file(folder / f"{stem}.value", parts.signature_value)
        made += [f"{stem}.tst", f"{stem}.value"]
    for one in made:
        say(printable(str(folder / one)))
