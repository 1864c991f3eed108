"""Where reports go: lines to one place, or a document for each file (ETSI XML, HTML, PDF)."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import typer

from antin.cli.output import printable, say, write_file, written_whole
from antin.core.errors import UsageError
from antin.infra.judging import Item, Judged
from antin.infra.report_forms import ENDINGS, Form

_LONGEST_NAME: Final = 200
"""Bytes: a number and an ending fit into a file's name besides."""


class Sink:
    """Takes reports as they come; a context manager. What it makes is there at its end."""

    def placed(self, item: Item) -> Item:
        """Return ``item`` with the name of its document, asked for in the order of the files."""
        return item

    def add(self, item: Item, judged: Judged) -> None:
        """Write the report on ``item``."""
        raise NotImplementedError

    def finish(self, total: str | None) -> None:
        """Write ``total``, which ends the list of several files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: it is written."""


def sink(form: Form, output: Path | None, *, several: bool) -> Sink:
    """Return where reports in ``form`` go. Error: ``request_invalid``, before any is made."""
    if form not in ENDINGS:
        return _Lines(form, output)
    if several:
        return _Folder(form, output)
    return _Single(form, output)


class _Lines(Sink):
    """Text and JSON: one after the other, to stdout or whole into one file."""

    def __init__(self, form: Form, output: Path | None) -> None:
        self._form, self._output = form, output
        self._open = ExitStack()
        self._write: Callable[[str], object] = say

    def __enter__(self) -> Self:
        if self._output is not None:
            write = self._open.enter_context(written_whole(self._output))
            self._write = lambda text: write(f"{text}\n".encode(errors="surrogateescape"))
        return self

    def add(self, item: Item, judged: Judged) -> None:
        del item  # its name is in the report
        text = judged.document.decode(errors="replace")
        if self._form is Form.TEXT:
            text = "\n".join(map(printable, text.split("\n")))
        self._write(text)

    def finish(self, total: str | None) -> None:
        if total is not None and self._form is Form.TEXT:
            self._write(total)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)


class _Single(Sink):
    """One document, to a file or to stdout."""

    def __init__(self, form: Form, output: Path | None) -> None:
        if output is None and form is Form.PDF and sys.stdout.isatty():
            raise _unwritable("a PDF is not for a terminal; name a file by -o")
        self._output = output

    def add(self, item: Item, judged: Judged) -> None:
        del item  # there is only one
        if self._output is None:
            typer.get_binary_stream("stdout").write(judged.document)
        else:
            write_file(self._output, judged.document)


class _Folder(Sink):
    """A document for each file in a folder, and a line for each on stdout."""

    def __init__(self, form: Form, output: Path | None) -> None:
        if output is None:
            raise _unwritable("this form makes a document for each file; name a folder by -o")
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(f"{output}: {error.strerror}") from error
        self._ending, self._folder = ENDINGS[form], output
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}

    def placed(self, item: Item) -> Item:
        """Name it ``a.pdf.html``, or ``a.pdf-2.html`` where another folder had an ``a.pdf``."""
        base = _file_name(item)
        # Goes on where the last one by that name was: an archive may have 100,000 of them.
        number = self._numbers.get(base, 1)
        name = f"{base}{self._ending}" if number == 1 else f"{base}-{number}{self._ending}"
        while name.casefold() in self._names:
            number += 1
            name = f"{base}-{number}{self._ending}"
        self._names.add(name.casefold())
        self._numbers[base] = number
        return replace(item, target=str(self._folder / name))

    def add(self, item: Item, judged: Judged) -> None:
        if item.target is not None:
            if judged.document:  # else it is there from an earlier run
                write_file(Path(item.target), judged.document)
            say(printable(f"{judged.line} ({item.target})"))

    def finish(self, total: str | None) -> None:
        if total is not None:
            say(total)


def _file_name(item: Item) -> str:
    """Return a name without a folder: what stands in a zip file is a stranger's."""
    inside = item.path.name if item.entry is None else item.name.rpartition("!/")[2]
    last = inside.replace("\\", "/").rpartition("/")[2]
    if item.entry is None:
        return _cut(last)
    plain = "".join(letter if letter.isprintable() else "_" for letter in last)
    return _cut(plain).lstrip(".") or "unnamed"


def _cut(name: str) -> str:
    data = os.fsencode(name)
    return name if len(data) <= _LONGEST_NAME else data[-_LONGEST_NAME:].decode(errors="ignore")


def _unwritable(detail: str) -> UsageError:
    return UsageError("request_invalid", detail=detail)
