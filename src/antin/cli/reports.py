"""Where reports go: lines to one place, or a document for each file (ETSI XML, HTML, PDF)."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import typer

from antin.cli.output import say, write_file
from antin.core.errors import UsageError
from antin.infra.messages import translator

if TYPE_CHECKING:
    from antin.verifier.report import Report


class Form(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    ETSI_XML = "etsi-xml"
    HTML = "html"
    PDF = "pdf"


_ENDINGS: Final = {Form.ETSI_XML: ".xml", Form.HTML: ".html", Form.PDF: ".pdf"}
"""Forms that make a document for each file, and how its name ends."""


class Sink(Protocol):
    """Takes reports as they come."""

    def add(self, path: Path, report: "Report") -> None:
        """Write the report on the file at ``path``, or keep it until the end."""
        ...

    def finish(self, total: str | None) -> None:
        """Write what is left; ``total`` ends the list of several files."""
        ...


def sink(form: Form, language: str, output: Path | None, *, several: bool) -> Sink:
    """Return where reports in ``form`` go. Error: ``request_invalid``, before any is made."""
    if form not in _ENDINGS:
        return _Lines(form, language, output, several=several)
    if several:
        return _Folder(form, language, output)
    return _Single(form, language, output)


class _Lines:
    """Text and JSON: one after the other, to stdout or whole into one file."""

    def __init__(self, form: Form, language: str, output: Path | None, *, several: bool) -> None:
        self._form, self._output, self._several = form, output, several
        self._translate = translator(language)
        self._kept: list[str] = []

    def add(self, path: Path, report: "Report") -> None:
        self._write(self._text(path, report))

    def _text(self, path: Path, report: "Report") -> str:
        if self._form is Form.JSON:
            from antin.verifier.writers.json import to_json

            return to_json(report)
        if self._several:
            return f"{path}: {report.why_not() or report.conclusion}"
        from antin.verifier.writers.text import to_text

        return to_text(report, self._translate).rstrip("\n")

    def _write(self, text: str) -> None:
        if self._output is None:
            say(text)
        else:
            self._kept.append(text)

    def finish(self, total: str | None) -> None:
        if total is not None and self._form is Form.TEXT:
            self._write(total)
        if self._output is not None:
            write_file(self._output, "".join(f"{text}\n" for text in self._kept).encode())


class _Single:
    """One document, to a file or to stdout."""

    def __init__(self, form: Form, language: str, output: Path | None) -> None:
        if output is None and form is Form.PDF and sys.stdout.isatty():
            raise _unwritable("a PDF is not for a terminal; name a file by -o")
        self._form, self._language, self._output = form, language, output

    def add(self, path: Path, report: "Report") -> None:
        del path  # there is only one
        data = document(report, self._form, self._language)
        if self._output is None:
            typer.get_binary_stream("stdout").write(data)
        else:
            write_file(self._output, data)

    def finish(self, total: str | None) -> None:
        """Do nothing: the document is written."""


class _Folder:
    """A document for each file in a folder, and a line for each on stdout."""

    def __init__(self, form: Form, language: str, output: Path | None) -> None:
        if output is None:
            raise _unwritable("this form makes a document for each file; name a folder by -o")
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(f"{output}: {error.strerror}") from error
        self._form, self._language, self._folder = form, language, output
        self._names: set[str] = set()

    def add(self, path: Path, report: "Report") -> None:
        target = self._folder / self._name(path)
        write_file(target, document(report, self._form, self._language))
        say(f"{path}: {report.why_not() or report.conclusion} ({target})")

    def _name(self, path: Path) -> str:
        """Return ``a.pdf.html``, or ``a.pdf-2.html`` where another folder had an ``a.pdf``."""
        ending, number = _ENDINGS[self._form], 1
        name = f"{path.name}{ending}"
        while name.casefold() in self._names:
            number += 1
            name = f"{path.name}-{number}{ending}"
        self._names.add(name.casefold())
        return name

    def finish(self, total: str | None) -> None:
        if total is not None:
            say(total)


def document(report: "Report", form: Form, language: str) -> bytes:
    """Return ``report`` as a document; ETSI XML is the same in every language."""
    if form is Form.ETSI_XML:
        from antin.verifier.writers.etsi_xml import to_etsi_xml

        return to_etsi_xml(report).encode()
    if form is Form.HTML:
        from antin.verifier.writers.html import to_html

        return to_html(report, translator(language), language).encode()
    from antin.verifier.writers.pdf import to_pdf

    return to_pdf(report, translator(language), language)


def _unwritable(detail: str) -> UsageError:
    return UsageError("request_invalid", detail=detail)
