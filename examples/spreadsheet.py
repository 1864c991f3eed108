"""A one-page spreadsheet as it comes out of a printer driver: grid, letters, figures, totals."""

from dataclasses import dataclass
from typing import Final

from examples.page import FONT, OfficialPage
from examples.specimen import AGENCY, grouped

_WIDTHS: Final = (9.0, 12.0, 92.0, 24.0, 24.0, 30.0, 38.0, 36.0)
"""Column widths in millimetres; the first holds the row numbers."""
_ALIGNS: Final = "CCLCRRRL"
_HEIGHT: Final = 7.0
_HEAD: Final = ("STT", "Nội dung", "Đơn vị tính", "Số lượng", "Đơn giá (đồng)", "Thành tiền (đồng)",
                "Ghi chú")  # fmt: skip


@dataclass(frozen=True)
class Item:
    """A line of the budget; ``price`` in đồng for one ``unit``."""

    text: str
    unit: str
    amount: int
    price: int
    note: str = ""

    @property
    def cost(self) -> int:
        """Amount times price, in đồng."""
        return self.amount * self.price


ITEMS: Final = (
    Item("Khảo sát, lập danh mục tài liệu cần số hóa", "mét giá", 240, 385_000),
    Item("Vệ sinh, chỉnh lý tài liệu trước khi số hóa", "mét giá", 240, 1_950_000),
    Item("Quét tài liệu khổ A4, màu, 200 dpi", "trang", 1_150_000, 820),
    Item("Quét bản vẽ khổ lớn, màu, 300 dpi", "trang", 18_500, 6_400, "A3 đến A0"),
    Item("Nhập thông tin mô tả hồ sơ, văn bản", "trường", 640_000, 450),
    Item("Kiểm tra chất lượng, ký số bản số hóa", "văn bản", 96_000, 1_250),
    Item("Dấu thời gian cho bản số hóa", "lượt", 96_000, 300),
    Item("Thiết bị lưu khóa bí mật", "chiếc", 60, 1_350_000, "Cấp xã, phường"),
    Item("Lưu trữ trực tuyến, sao lưu hai nơi", "TB/năm", 12, 21_500_000),
    Item("Tập huấn công chức văn thư, lưu trữ", "lớp", 8, 17_800_000),
)


def make_spreadsheet() -> OfficialPage:
    """Return the landscape page."""
    page = OfficialPage("Bảng tính: Dự toán số hóa tài liệu lưu trữ năm 2027", "landscape")
    page.set_margins(16, 14, 16)
    page.add_page()
    page.set_line_width(0.15)
    page.set_draw_color(150)
    _letters(page)
    _merged(page, "1", AGENCY, "B", 11)
    _merged(page, "2", "DỰ TOÁN KINH PHÍ SỐ HÓA TÀI LIỆU LƯU TRỮ NĂM 2027", "B", 14)
    _merged(page, "3", "(Bảng tính mẫu, số liệu minh họa)", "I", 11)
    _cells(page, ("4", *_HEAD), "B", "C" * 8)
    for number, item in enumerate(ITEMS, 1):
        _item(page, number, item)
    _sums(page, len(ITEMS) + 5)
    page.ln(6)
    page.set_font(FONT, "I", 10)
    page.cell(0, 5, "DuToan2027 · Trang 1/1", align="C")
    return page


def _letters(page: OfficialPage) -> None:
    page.set_fill_color(230)
    page.set_font(FONT, "", 9)
    for letter, width in zip(" ABCDEFG", _WIDTHS, strict=True):
        page.cell(width, 5, letter, border=1, align="C", fill=True)
    page.ln(5)


def _row_number(page: OfficialPage, number: str) -> None:
    page.set_fill_color(230)
    page.set_font(FONT, "", 9)
    page.cell(_WIDTHS[0], _HEIGHT, number, border=1, align="C", fill=True)


def _merged(page: OfficialPage, number: str, text: str, style: str, points: float) -> None:
    _row_number(page, number)
    page.set_font(FONT, style, points)
    page.cell(sum(_WIDTHS[1:]), _HEIGHT, text, border=1, align="C")
    page.ln(_HEIGHT)


def _cells(page: OfficialPage, cells: tuple[str, ...], style: str, aligns: str = _ALIGNS) -> None:
    _row_number(page, cells[0])
    page.set_font(FONT, style, 11)
    page.set_fill_color(214, 228, 242)
    for text, width, align in zip(cells[1:], _WIDTHS[1:], aligns[1:], strict=True):
        page.cell(width, _HEIGHT, text, border=1, align=align, fill=style == "B")
    page.ln(_HEIGHT)


def _item(page: OfficialPage, number: int, item: Item) -> None:
    figures = (grouped(item.amount), grouped(item.price), grouped(item.cost))
    _cells(page, (str(number + 4), str(number), item.text, item.unit, *figures, item.note), "")


def _sums(page: OfficialPage, first: int) -> None:
    cost = sum(item.cost for item in ITEMS)
    reserve = cost // 10
    for number, (text, value) in enumerate(
        (("Cộng", cost), ("Dự phòng 10%", reserve), ("Tổng cộng", cost + reserve)), first
    ):
        _cells(page, (str(number), "", text, "", "", "", grouped(value), ""), "B")
