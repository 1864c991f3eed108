"""A report (báo cáo) of several pages with headings, tables and a chart."""

from examples.chart import Bar, draw_bars
from examples.page import OfficialPage
from examples.report_text import (
    CAUSES,
    DIRECTION,
    FAULTS,
    OPENING,
    PLANS,
    PROPOSALS,
    RESULTS,
    SHORTCOMINGS,
    TOOLS,
)
from examples.specimen import REPORT_DAY, REPORT_NUMBER, UNITS, grouped, percent, totals

RECEIVERS = (
    "- Bộ Nội vụ;",
    "- Thường trực HĐND tỉnh;",
    "- Chủ tịch, các Phó Chủ tịch UBND tỉnh;",
    "- Các sở, ban, ngành thuộc tỉnh;",
    "- UBND các xã, phường;",
    "- Lưu: VT, VP.",
)
POSITION = ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")


def make_report() -> OfficialPage:
    """Return the report; the signature block stands on its last page."""
    page = OfficialPage("Báo cáo kết quả lập, kết thúc và nộp lưu hồ sơ điện tử năm 2026")
    page.add_page()
    page.heading(REPORT_NUMBER, REPORT_DAY)
    page.ln(3)
    page.title_block(
        "BÁO CÁO", "Kết quả lập, kết thúc và nộp lưu hồ sơ điện tử\n9 tháng đầu năm 2026"
    )
    page.paragraphs(OPENING)
    _direction(page)
    _results(page)
    _shortcomings(page)
    _plans(page)
    page.signature_block(RECEIVERS, POSITION, "Trần Thị B")
    return page


def _direction(page: OfficialPage) -> None:
    page.subheading("I. CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH")
    page.subheading("1. Chỉ đạo, tổ chức thực hiện")
    page.paragraphs(DIRECTION)
    page.subheading("2. Hạ tầng và công cụ")
    page.paragraphs(TOOLS)


def _results(page: OfficialPage) -> None:
    page.subheading("II. KẾT QUẢ THỰC HIỆN")
    page.subheading("1. Mở và kết thúc hồ sơ")
    page.paragraphs(RESULTS)
    page.ln(3)
    rows = [
        (str(number), unit.name, grouped(unit.opened), grouped(unit.closed), unit.share)
        for number, unit in enumerate(UNITS, 1)
    ]
    whole = totals()
    rows.append(("", whole.name, grouped(whole.opened), grouped(whole.closed), whole.share))
    head = ("STT", "Cơ quan, địa phương", "Hồ sơ đã mở", "Hồ sơ đã kết thúc", "Tỷ lệ (%)")
    page.grid(head, rows, (13, 70, 25, 32, 22), "CLRRR")
    page.subheading("2. Tỷ lệ kết thúc hồ sơ theo cơ quan, địa phương")
    bars = [Bar(unit.name, unit.closed * 1000 // unit.opened, unit.share) for unit in UNITS]
    draw_bars(page, "Biểu đồ: Tỷ lệ hồ sơ đã kết thúc trên hồ sơ đã mở (%)", bars)


def _shortcomings(page: OfficialPage) -> None:
    page.subheading("III. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN")
    page.subheading("1. Tồn tại, hạn chế")
    page.paragraphs(SHORTCOMINGS)
    page.ln(3)
    whole = sum(count for _, count in FAULTS)
    rows = [
        (str(number), text, grouped(count), percent(count, whole))
        for number, (text, count) in enumerate(FAULTS, 1)
    ]
    rows.append(("", "Tổng cộng", grouped(whole), "100,0"))
    page.grid(("STT", "Lý do", "Số văn bản", "Tỷ lệ (%)"), rows, (13, 97, 27, 25), "CLRR")
    page.subheading("2. Nguyên nhân")
    page.paragraphs(CAUSES)


def _plans(page: OfficialPage) -> None:
    page.subheading("IV. NHIỆM VỤ TRỌNG TÂM QUÝ IV NĂM 2026")
    page.paragraphs(PLANS)
    page.subheading("V. ĐỀ XUẤT, KIẾN NGHỊ")
    page.paragraphs(PROPOSALS)
