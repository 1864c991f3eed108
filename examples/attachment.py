"""The letter's attachment (phụ lục) in a file of its own."""

from examples.page import LEFT, OfficialPage
from examples.specimen import LETTER_DAY, LETTER_NUMBER, UNITS, Unit, grouped, totals

HEAD = ("STT", "Cơ quan, địa phương", "Đã mở", "Đã kết thúc", "Tỷ lệ (%)", "Đã nộp lưu", "Ghi chú")
NOTE = (
    "Số liệu tổng hợp từ Hệ thống quản lý tài liệu điện tử đến hết ngày 30 tháng 9 năm 2026. "
    "Tỷ lệ là số hồ sơ đã kết thúc trên số hồ sơ đã mở."
)


def make_attachment() -> OfficialPage:
    """Return the attachment, one page; its top right corner is free for the agency's stamp."""
    page = OfficialPage("Phụ lục: Số liệu hồ sơ điện tử năm 2026")
    page.add_page()
    page.ln(4)
    page.lines(
        LEFT,
        page.epw,
        [
            ("Phụ lục", "B", 14),
            ("SỐ LIỆU HỒ SƠ ĐIỆN TỬ NĂM 2026", "B", 14),
            (
                (
                    f"(Kèm theo Công văn số {LETTER_NUMBER} ngày {LETTER_DAY}\n"
                    "của Ủy ban nhân dân tỉnh Mẫu)"
                ),
                "I",
                14,
            ),
        ],
    )
    page.rule(LEFT + page.epw / 2, 40)
    page.ln(7)
    rows = [_row(str(number), unit) for number, unit in enumerate(UNITS, 1)]
    page.grid(HEAD, [*rows, _row("", totals())], (13, 55, 18, 20, 17, 20, 19), "CLRRRRL")
    page.ln(1)
    page.paragraphs((NOTE,), points=13)
    return page


def _row(number: str, unit: Unit) -> tuple[str, ...]:
    behind = unit.closed * 2 < unit.opened
    return (
        number,
        unit.name,
        grouped(unit.opened),
        grouped(unit.closed),
        unit.share,
        grouped(unit.transferred),
        "Chậm" if behind else "",
    )
