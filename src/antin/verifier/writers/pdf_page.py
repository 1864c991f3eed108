"""Draws the report with fpdf2: a banner, a card for each signature, then the details."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fpdf import ViewerPreferences

from antin.verifier.writers import terms, words
from antin.verifier.writers.pdf_pages import COLOURS, INK, LINE, MAX_PAGES, SOFT, draw_pages
from antin.verifier.writers.sentences import Translate, filled
from antin.verifier.writers.typesetting import Colour, Style, Typesetter, known, leading
from antin.verifier.writers.view_parts import (
    Group,
    Reason,
    Reasons,
    ReportView,
    Row,
    SignatureView,
    Tone,
)

MAX_SIGNATURES: Final = 100
"""Signatures that are printed; how many more there are is said."""
_MARGIN: Final = 18.0
_BAR: Final = 2.2
_INDENT: Final = 24.0
_LABELS: Final = 0.3
"""Of the width, for labels; the rest is for values."""
_GAP: Final = 0.8
_TOGETHER: Final = 60.0
"""Millimetres: lower rows are not broken over pages."""
_MOST: Final = 200.0
"""Millimetres that are kept together on a page."""
_GROUNDS: Final[dict[Tone, Colour]] = {
    Tone.GOOD: (230, 244, 236),
    Tone.BAD: (252, 235, 236),
    Tone.UNSURE: (253, 243, 224),
    Tone.PLAIN: (238, 241, 245),
}
_TOTAL_PAGES: Final = "\ue000" * 4
"""fpdf2 puts the number of pages in its place; no foreign text can hold private characters."""


def draw_report(view: ReportView, translate: Translate, moment: datetime) -> bytes:
    """Return the finished PDF; ``moment`` is the time of its making that the file names."""
    page = _Page(view, translate, moment)
    page.add_page()
    page.banner()
    page.file_findings()
    for one in view.signatures[:MAX_SIGNATURES]:
        page.signature(one)
    page.left_out()
    page.details()
    return bytes(page.output())


class _Page(Typesetter):
    """The pages, with a number on each."""

    def __init__(self, view: ReportView, translate: Translate, moment: datetime) -> None:
        super().__init__(_MARGIN)
        self._view, self._translate = view, translate
        self._pages_drawn = 0
        self.alias_nb_pages(_TOTAL_PAGES)
        self.set_title(known(f"{view.verdict}: {view.file}"))
        self.set_subject(translate(words.TITLE))
        self.set_lang(view.language)
        self.set_producer("Antin")
        self.set_creation_date(moment)
        self.pdf_version = "1.7"
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def footer(self) -> None:
        self.set_y(-13)
        name = known(self._view.file[:90])
        self.write_at(f"{self._translate(words.TITLE)} · {name}", 8.5, SOFT, _MARGIN)
        values = {"page": self.page_no(), "pages": _TOTAL_PAGES}
        self.cell(0, leading(8.5), self._translate(words.PAGE_OF).format(**values), align="R")

    def banner(self) -> None:
        """Say the verdict first: in words, colour and symbol."""
        view, left, top = self._view, _MARGIN + _INDENT, self.get_y()
        width = self.w - _MARGIN - 4 - left
        told = f"{view.file} · {view.checked.label} {view.checked.value}"
        to_do = f"{self._translate(terms.TO_DO)}: {view.to_do}" if view.to_do else ""
        lines = [(view.meaning, 11.0, INK), (to_do, 11.0, INK), (told, 9.0, SOFT)]
        shown = [line for line in lines if line[0]]
        height = 13 + sum(self._height(text, size, width) + 1 for text, size, _ in shown)
        self._ground(view.tone, top, height)
        self._symbol(view.tone, _MARGIN + _BAR + 4, top + 4.5, 13)
        self.set_y(top + 3.5)
        self._heading(view.verdict, view.tone, 20, left)
        self.set_y(top + 13)
        for text, size, colour in shown:
            self._paragraph(text, size, colour, left, width)
            self.ln(1)
        self.set_y(top + height + 6)

    def file_findings(self) -> None:
        """Say what is wrong, or odd, with the file itself."""
        self._reasons(self._translate(words.FILE_WRONG), self._view.reasons)
        self._reasons(self._translate(words.NOTES), self._view.notes)

    def signature(self, one: SignatureView) -> None:
        """Draw one signature: verdict, facts, why not and what to do."""
        self.keep(45)
        self._section(one)
        self._rows(one.rows)
        self._reasons(one.reasons_title, one.reasons)
        if one.to_do:
            text = f"{self._translate(terms.TO_DO)}: {one.to_do}"
            self._paragraph(text, 10.5, INK, _MARGIN, self.epw)
        self._reasons(self._translate(words.NOTES), one.notes)
        room = max(MAX_PAGES - self._pages_drawn, 0)
        self._pages_drawn += draw_pages(self, one.pages[:room], len(one.pages), self._translate)
        self.ln(5)

    def left_out(self) -> None:
        """Say how many signatures there are that are not printed."""
        left = len(self._view.signatures) - MAX_SIGNATURES
        if left > 0:
            text = filled(self._translate, words.AND_MORE, {"count": left})
            self._paragraph(text, 11, INK, _MARGIN, self.epw)

    def details(self) -> None:
        """Print what the web page folds away: per signature, then the file."""
        self.keep(45)
        self._heading(self._translate(words.DETAILS), Tone.PLAIN, 15, _MARGIN)
        for one in self._view.signatures[:MAX_SIGNATURES]:
            self.keep(30)
            self.ln(2)
            self._heading(one.title, one.tone, 11.5, _MARGIN, level=1)
            for group in one.groups:
                self._group(group)
        self.ln(2)
        self._group(self._view.file_details)

    def _section(self, one: SignatureView) -> None:
        top = self.get_y()
        self._symbol(one.tone, _MARGIN, top + 0.8, 8)
        self._heading(one.verdict, one.tone, 14, _MARGIN + 11)
        self._paragraph(one.title, 9, SOFT, _MARGIN + 11, self.epw - 11)
        self.ln(1.5)

    def _group(self, group: Group) -> None:
        self.keep(22)
        self._paragraph(group.title, 10, INK, _MARGIN, self.epw, style="B")
        for entry in group.entries:
            self._rows(entry, size=8.5)
            self.ln(1)
        self.ln(1)

    def _rows(self, rows: Sequence[Row], size: float = 10.5) -> None:
        for row in rows:
            self._row(row, size)

    def _row(self, row: Row, size: float) -> None:
        """Draw a label and its value side by side, a line below them."""
        labels = self.epw * _LABELS
        style: Style = "" if row.tone is Tone.PLAIN else "B"
        colour = INK if row.tone is Tone.PLAIN else COLOURS[row.tone]
        left = self.broken(row.label, size, labels - 3)
        right = self.broken(row.value, size, self.epw - labels - 1, style)
        height = max(len(left), len(right)) * leading(size) + 2 * _GAP
        self.keep(height if height < _TOGETHER else leading(size))
        self.set_y(self.get_y() + _GAP)
        for place in range(max(len(left), len(right))):
            self.keep(leading(size))
            self.write_at("".join(left[place : place + 1]), size, SOFT, _MARGIN + 1)
            value = "".join(right[place : place + 1])
            self.write_at(value, size, colour, _MARGIN + labels, style)
            self.set_y(self.get_y() + leading(size))
        self.set_y(self.get_y() + _GAP)
        self.set_draw_color(*LINE)
        self.line(_MARGIN, self.get_y(), self.w - _MARGIN, self.get_y())

    def _reasons(self, title: str, found: Reasons) -> None:
        if not found.listed:
            return
        self.keep(min(self._reason_height(found.listed[0]) + 10, _MOST))
        self.ln(2.5)
        self._paragraph(title, 10.5, INK, _MARGIN, self.epw, style="B")
        for reason in found.listed:
            self._reason(reason)
        if found.more:
            self._paragraph(found.more, 10, INK, _MARGIN, self.epw)

    def _reason(self, reason: Reason) -> None:
        lines, height = self._reason_lines(reason), self._reason_height(reason)
        self.keep(min(height, _MOST))
        self._ground(reason.tone, self.get_y(), height)
        self._symbol(reason.tone, _MARGIN + _BAR + 1.2, self.get_y() + 2, 4)
        self.ln(1.5)
        for text in lines:
            self._paragraph(text, 10, INK, _MARGIN + 9, self.epw - 11)
        self.ln(3)

    def _reason_lines(self, reason: Reason) -> list[str]:
        place = f" ({reason.place})" if reason.place else ""
        lines = [f"{reason.text}{place}"]
        if reason.to_do:
            lines.append(f"{self._translate(terms.TO_DO)}: {reason.to_do}")
        return [*lines, f"[{reason.code}]"]

    def _reason_height(self, reason: Reason) -> float:
        lines = self._reason_lines(reason)
        return sum(self._height(text, 10, self.epw - 11) for text in lines) + 3

    def _heading(self, text: str, tone: Tone, size: float, left: float, *, level: int = 0) -> None:
        """Write a heading that is a bookmark, too.

        fpdf2 would also put it into a structure tree, but as a figure, which a screen reader
        announces wrongly: then better no tags.
        """
        self.start_section(known(text), level=level)
        self._paragraph(text, size, COLOURS[tone], left, self.w - _MARGIN - left, style="B")

    def _paragraph(
        self,
        text: str,
        size: float,
        colour: Colour,
        left: float,
        width: float,
        style: Style = "",
    ) -> None:
        self.draw(self.broken(text, size, width, style), size, colour, left, style)

    def _height(self, text: str, size: float, width: float) -> float:
        """Return the millimetres that :meth:`_paragraph` would need."""
        return len(self.broken(text, size, width)) * leading(size)

    def _ground(self, tone: Tone, top: float, height: float) -> None:
        self.set_fill_color(*_GROUNDS[tone])
        self.rect(_MARGIN, top, self.epw, height, style="F")
        self.set_fill_color(*COLOURS[tone])
        self.rect(_MARGIN, top, _BAR, height, style="F")

    def _symbol(self, tone: Tone, left: float, top: float, size: float) -> None:
        """Draw a tick in a disc, a cross in an octagon, a mark in a triangle, or a bar."""
        self.set_fill_color(*COLOURS[tone])
        body, strokes = _SHAPES[tone]
        if body:
            self.polygon([(left + x * size, top + y * size) for x, y in body], style="F")
        else:
            self.ellipse(left, top, size, size, style="F")
        self.set_draw_color(255, 255, 255)
        self.set_line_width(size / 10)
        for (x1, y1), (x2, y2) in strokes:
            self.line(left + x1 * size, top + y1 * size, left + x2 * size, top + y2 * size)
        self.set_line_width(0.2)


_Point = tuple[float, float]
_SHAPES: Final[dict[Tone, tuple[tuple[_Point, ...], tuple[tuple[_Point, _Point], ...]]]] = {
    Tone.GOOD: ((), (((0.28, 0.53), (0.43, 0.68)), ((0.43, 0.68), (0.72, 0.35)))),
    Tone.BAD: (
        ((0.3, 0), (0.7, 0), (1, 0.3), (1, 0.7), (0.7, 1), (0.3, 1), (0, 0.7), (0, 0.3)),
        (((0.33, 0.33), (0.67, 0.67)), ((0.67, 0.33), (0.33, 0.67))),
    ),
    Tone.UNSURE: (
        ((0.5, 0.03), (1, 0.95), (0, 0.95)),
        (((0.5, 0.36), (0.5, 0.64)), ((0.5, 0.79), (0.5, 0.8))),
    ),
    Tone.PLAIN: ((), (((0.28, 0.5), (0.72, 0.5)),)),
}
"""Outline (empty: a disc) and white strokes, in a square of side 1."""
