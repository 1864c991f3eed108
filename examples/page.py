"""A page as Decree 30/2020, appendix I, wants it: margins, font, heading, signature block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fpdf import FPDF, FontFace
from fpdf.enums import Align

from examples.specimen import AGENCY_LINES, HERE, MADE_AT, PLACE, SHIPPED_FONTS

FONT: Final = "Serif"
TOP, BOTTOM, LEFT, RIGHT = 20.0, 20.0, 30.0, 18.0
"""Margins in millimetres (part I, I.3)."""
SIGNATURE_WIDTH, SIGNATURE_HEIGHT = 46.0, 23.0
"""The officer's signature image, in millimetres."""
SIGNATURE_GAP: Final = 31.0
"""Free height between the signer's position and name, in millimetres."""
_INDENT: Final = 12.7


@dataclass(frozen=True)
class Slot:
    """Where a signature image belongs; millimetres from the page's top left corner."""

    left: float
    top: float
    width: float
    height: float


class OfficialPage(FPDF):
    """An A4 document in the metric twin of Times New Roman, black, numbered from page 2."""

    def __init__(
        self, title: str, orientation: Literal["portrait", "landscape"] = "portrait"
    ) -> None:
        super().__init__(orientation=orientation, format="A4")
        self.set_margins(LEFT, TOP, RIGHT)
        self.set_auto_page_break(auto=True, margin=BOTTOM)
        self._describe(title)
        self.add_font(FONT, "", SHIPPED_FONTS / "LiberationSerif-Regular.ttf")
        self.add_font(FONT, "B", SHIPPED_FONTS / "LiberationSerif-Bold.ttf")
        self.add_font(FONT, "I", HERE / "fonts" / "LiberationSerif-Italic.ttf")
        self.add_font(FONT, "BI", HERE / "fonts" / "LiberationSerif-BoldItalic.ttf")
        self.set_font(FONT, size=14)
        self.signature_slot: Slot | None = None

    def _describe(self, title: str) -> None:
        self.set_title(title)
        self.set_author(" ".join(AGENCY_LINES))
        self.set_lang("vi")
        self.set_producer("Antin examples")
        self.set_creation_date(MADE_AT)
        self.pdf_version = "1.7"

    def header(self) -> None:
        """Write the page number in the top margin, from page 2 on (part I, I.7)."""
        if self.page_no() > 1:
            self.set_font(FONT, size=14)
            self.set_y(10)
            self.cell(0, 6, str(self.page_no()), align="C")
            self.set_y(TOP)

    def lines(
        self, left: float, width: float, rows: Sequence[tuple[str, str, float]], *, align: str = "C"
    ) -> None:
        """Write rows of (text, style, points) into a column that starts at ``left``."""
        for text, style, points in rows:
            self.set_font(FONT, style, points)
            self.set_x(left)
            self.multi_cell(width, points * 0.42, text, align=align, new_x="LEFT", new_y="NEXT")

    def rule(self, centre: float, length: float, gap: float = 0.8) -> None:
        """Draw a thin line of ``length`` millimetres, ``gap`` below the current line."""
        self.set_line_width(0.25)
        y = self.get_y() + gap
        self.line(centre - length / 2, y, centre + length / 2, y)

    def heading(self, number: str, day: str, subject: str = "") -> None:
        """Write boxes 1 to 4 (and 5b, for a letter) of the layout: nation, agency, number, day."""
        start = self.get_y()
        left_width, right = 66.0, LEFT + 66.0
        right_width = self.w - RIGHT - right
        self._nation(right, right_width)
        below_nation = self.get_y()
        self.set_y(start)
        self._agency(LEFT, left_width)
        self.set_y(below_nation + 3.5)
        self.lines(LEFT, left_width, [(f"Số: {number}", "", 13)])
        row = self.get_y()
        if subject:
            self.set_y(row + 2.1)
            self.lines(LEFT + 4, left_width - 8, [(subject, "", 12)])
        end = self.get_y()
        self.set_y(row - 13 * 0.42)
        self.lines(right, right_width, [(f"{PLACE}, ngày {day}", "I", 13)])
        self.set_y(max(end, self.get_y()) + 5)

    def _nation(self, left: float, width: float) -> None:
        motto = "Độc lập - Tự do - Hạnh phúc"
        self.lines(left, width, [("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "B", 12), (motto, "B", 13)])
        self.rule(left + width / 2, self.get_string_width(motto))

    def _agency(self, left: float, width: float) -> None:
        self.lines(left, width, [(line, "B", 12.5) for line in AGENCY_LINES])
        self.rule(left + width / 2, self.get_string_width(AGENCY_LINES[0]) * 0.45)

    def addressees(self, receivers: Sequence[str]) -> None:
        """Write box 9a: the dashes stand one below the other, under the colon (part I, II.9d)."""
        label, left = "Kính gửi:", LEFT + 32
        self.lines(left, 40, [(label, "", 14)], align="L")
        below = left + self.get_string_width(label.removesuffix(":"))
        self.lines(below, 100, [(line, "", 14) for line in receivers], align="L")
        self.ln(3)

    def title_block(self, kind: str, subject: str) -> None:
        """Write the document's kind and subject with the line below (part I, II.5b)."""
        self.lines(LEFT, self.epw, [(kind, "B", 14), (subject, "B", 14)])
        self.rule(LEFT + self.epw / 2, 45)
        self.ln(5)

    def paragraphs(self, texts: Sequence[str], points: float = 14, spacing: float = 1.22) -> None:
        """Write justified paragraphs, first lines indented (part I, II.6e)."""
        self.set_font(FONT, size=points)
        with self.text_columns(text_align="JUSTIFY", line_height=spacing) as column:
            for text in texts:
                with column.paragraph(top_margin=2.2, first_line_indent=_INDENT) as paragraph:
                    paragraph.write(text)

    def subheading(self, text: str, points: float = 14) -> None:
        """Write a bold heading that never stands alone at the foot of a page."""
        if self.will_page_break(25):
            self.add_page()
        self.ln(2.2)
        self.set_font(FONT, "B", points)
        self.set_x(LEFT + _INDENT)
        self.multi_cell(self.epw - _INDENT, 6.2, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def grid(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        aligns: str,
        points: float = 12,
    ) -> None:
        """Draw a ruled table; ``aligns`` has a letter (L, C, R) a column; the last row is bold."""
        self.set_font(FONT, size=points)
        self.set_line_width(0.2)
        with self.table(
            col_widths=tuple(widths),
            text_align=[Align.coerce(letter) for letter in aligns],
            line_height=points * 0.45,
            headings_style=FontFace(emphasis="BOLD", fill_color=(236, 236, 236)),
            padding=(1, 1.5),
            v_align="MIDDLE",
            align="LEFT",
        ) as table:
            row = table.row()
            for text in head:
                row.cell(text, align="CENTER")
            for number, cells in enumerate(rows, 1):
                style = FontFace(emphasis="BOLD") if number == len(rows) else None
                table.row(cells, style=style)

    def signature_block(self, receivers: Sequence[str], position: Sequence[str], name: str) -> None:
        """Write boxes 7 and 9b; remember in ``signature_slot`` where the signature image goes."""
        left_width = 74.0
        right = LEFT + left_width
        right_width = self.w - RIGHT - right
        if self.will_page_break(len(position) * 5.9 + SIGNATURE_GAP + 12):
            self.add_page()
        self.ln(4)
        start = self.get_y()
        self.lines(LEFT, left_width, [("Nơi nhận:", "BI", 12)], align="L")
        self.lines(LEFT, left_width, [(line, "", 11) for line in receivers], align="L")
        self.set_y(start)
        self.lines(right, right_width, [(line, "B", 14) for line in position])
        middle = self.get_y() + SIGNATURE_GAP / 2
        self.signature_slot = Slot(
            right + (right_width - SIGNATURE_WIDTH) / 2,
            middle - SIGNATURE_HEIGHT / 2,
            SIGNATURE_WIDTH,
            SIGNATURE_HEIGHT,
        )
        self.set_y(middle + SIGNATURE_GAP / 2)
        self.lines(right, right_width, [(name, "B", 14)])

    def to_bytes(self) -> bytes:
        """Return the finished file."""
        return bytes(self.output())
