"""Draws the closure certificate with fpdf2."""

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from fpdf import FPDF, FontFace

from antin.core.clock import HO_CHI_MINH
from antin.core.fonts import MISSING, font_path, known_letters
from antin.infra.certificate_labels import Labels, labels_of
from antin.infra.closure_certificate import CertificateDocument, CertificateFacts

_FONT: Final = "Serif"
_LEFT, _TOP, _RIGHT, _BOTTOM = 25.0, 21.0, 18.0, 20.0
_LABEL_WIDTH: Final = 50.0
_COLUMNS: Final = (10, 46, 51, 31, 12, 17)
"""Relative widths of the document table."""
_MAX_TEXT: Final = 500
"""Letters of a title that are shown: the longest that record and document metadata allow."""
_MAX_AGENCY: Final = 200
_MAX_NAME: Final = 80
_MAX_CODE: Final = 30
_MAX_HEX: Final = 128
"""Together these keep the tallest row lower than a page, which fpdf2 demands."""
_MAX_SIGNERS: Final = 5
_TOTAL_PAGES: Final = "\ue000" * 4
"""fpdf2 puts the number of pages (up to 9,999) in its place. Private characters, which clean()
removes from everything else, so that no title can ask for it."""


def draw_certificate(facts: CertificateFacts, language: str) -> bytes:
    """Return the finished PDF; times are shown in Vietnam's zone."""
    labels = labels_of(language)
    page = _Certificate(labels, facts, language)
    page.add_page()
    page.heading()
    page.facts_list(_facts_of(facts, labels))
    page.note()
    page.document_table([_row(document, labels) for document in facts.documents])
    return bytes(page.output())


def clean(text: str, limit: int = _MAX_TEXT) -> str:
    """Return ``text`` on one line, in NFC, of visible letters that the font has, cut at ``limit``.

    Direction marks, zero-width and private characters go: they could make a title read as another.
    """
    text = unicodedata.normalize("NFC", text[: 4 * limit])
    shown = " ".join("".join(_visible(letter) for letter in text).split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _visible(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    if kind in {"Cf", "Co"}:
        return ""
    return letter if ord(letter) in known_letters() else MISSING


def _local(moment: datetime) -> str:
    return moment.astimezone(HO_CHI_MINH).isoformat(timespec="seconds")


def _facts_of(facts: CertificateFacts, labels: Labels) -> Iterator[tuple[str, str]]:
    yield labels.record_title, clean(facts.record_title)
    yield labels.code_notation, clean(facts.code_notation, _MAX_CODE)
    yield labels.agency, clean(facts.agency_name, _MAX_AGENCY)
    yield labels.retention, clean(facts.retention, _MAX_NAME)
    yield labels.opened, _local(facts.opened_at)
    yield labels.closed, _local(facts.closed_at)
    yield labels.closure_number, str(facts.closure_number)
    yield labels.documents, str(len(facts.documents))
    yield labels.officer, clean(facts.officer_name)
    yield labels.manifest, clean(facts.manifest_sha256, _MAX_HEX)
    yield labels.ledger, clean(facts.ledger_origin)
    yield labels.position, str(facts.ledger_position)
    yield labels.checkpoint, _checkpoint(facts, labels)


def _checkpoint(facts: CertificateFacts, labels: Labels) -> str:
    if facts.checkpoint_size is None or facts.checkpoint_root is None:
        return labels.no_checkpoint
    root = clean(facts.checkpoint_root, _MAX_HEX)
    return labels.checkpoint_value.format(size=facts.checkpoint_size, root=root)


def _row(document: CertificateDocument, labels: Labels) -> tuple[str, ...]:
    names = [clean(name, _MAX_NAME) for name in document.signers[:_MAX_SIGNERS]]
    rest = len(document.signers) - len(names)
    if rest:
        names.append(labels.more_signers.format(count=rest))
    conclusion = document.conclusion
    digest = clean(document.sha256, _MAX_HEX)
    return (
        str(document.ordinal),
        clean(document.title),
        # In halves, so that a reader can keep their place.
        f"{digest[:32]}\n{digest[32:]}".strip(),
        "\n".join(names) or labels.no_signers,
        clean(document.level or "–", _MAX_NAME),
        labels.conclusions.get(conclusion) or clean(conclusion or "", _MAX_NAME),
    )


class _Certificate(FPDF):
    """The pages: heading on the first, a number on each."""

    def __init__(self, labels: Labels, facts: CertificateFacts, language: str) -> None:
        super().__init__(format="A4")
        self._labels, self._facts = labels, facts
        self.set_margins(_LEFT, _TOP, _RIGHT)
        self.set_auto_page_break(auto=True, margin=_BOTTOM)
        self.alias_nb_pages(_TOTAL_PAGES)
        self.set_title(f"{labels.title}: {clean(facts.code_notation, _MAX_CODE)}")
        self.set_author(clean(facts.agency_name, _MAX_AGENCY))
        self.set_lang(language)
        self.set_producer("Antin")
        self.set_creation_date(facts.closed_at)
        self.pdf_version = "1.7"
        self.add_font(_FONT, "", font_path("Regular"))
        self.add_font(_FONT, "B", font_path("Bold"))

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(_FONT, size=10)
        text = self._labels.page.format(page=self.page_no(), pages=_TOTAL_PAGES)
        self.cell(0, 5, clean(self._facts.code_notation, _MAX_CODE), align="L")
        self.set_x(_LEFT)
        self.cell(0, 5, text, align="R")

    def heading(self) -> None:
        """Write agency and nation side by side, then the title (Decree 30/2020, appendix I)."""
        left, right = 68.0, self.epw - 68.0
        self._lines(_LEFT, left, ((clean(self._facts.agency_name, _MAX_AGENCY).upper(), 12),))
        below = self.get_y()
        self.set_y(_TOP)
        self._lines(_LEFT + left, right, tuple(zip(self._labels.nation, (12, 13), strict=True)))
        length = self.get_string_width(self._labels.nation[1])
        middle = _LEFT + left + right / 2
        self.line(middle - length / 2, self.get_y() + 1, middle + length / 2, self.get_y() + 1)
        self.set_y(max(below, self.get_y()) + 9)
        self._lines(_LEFT, self.epw, ((self._labels.title, 15),))
        self.ln(5)

    def _lines(self, left: float, width: float, rows: Sequence[tuple[str, float]]) -> None:
        for text, points in rows:
            self.set_font(_FONT, "B", points)
            self.set_x(left)
            self.multi_cell(width, points * 0.42, text, align="C", new_x="LEFT", new_y="NEXT")

    def facts_list(self, rows: Iterator[tuple[str, str]]) -> None:
        """Write label and value pairs, one below the other."""
        self.set_font(_FONT, size=10)
        with self.table(
            col_widths=(_LABEL_WIDTH, self.epw - _LABEL_WIDTH),
            text_align=("LEFT", "LEFT"),
            borders_layout="HORIZONTAL_LINES",
            first_row_as_headings=False,
            line_height=4.6,
            padding=(0.6, 1),
            align="LEFT",
            v_align="TOP",
        ) as table:
            for label, value in rows:
                row = table.row()
                row.cell(label, style=FontFace(emphasis="BOLD"))
                row.cell(value)

    def note(self) -> None:
        """Say what this paper is and is not."""
        self.ln(3)
        self.set_font(_FONT, size=10)
        self.multi_cell(0, 4.6, self._labels.note, align="J", new_x="LMARGIN", new_y="NEXT")

    def document_table(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Draw the list of documents; its head is repeated on every page."""
        self.ln(6)
        if self.will_page_break(35):
            self.add_page()
        self._lines(_LEFT, self.epw, ((self._labels.list_title, 13),))
        self.ln(2)
        self.set_font(_FONT, size=8.5)
        with self.table(
            col_widths=_COLUMNS,
            text_align=("CENTER", "LEFT", "LEFT", "LEFT", "CENTER", "LEFT"),
            headings_style=FontFace(emphasis="BOLD", fill_color=(236, 236, 236)),
            line_height=4,
            padding=(0.8, 1),
            align="LEFT",
            v_align="TOP",
            repeat_headings=1,
        ) as table:
            table.row(self._labels.columns)
            for cells in rows:
                table.row(cells)
