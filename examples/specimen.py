"""Who and what the example documents are about: plainly a specimen, nobody's real office."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SHIPPED_FONTS: Final = HERE.parent / "src" / "antin" / "core" / "fonts"
MADE_AT: Final = datetime(2026, 11, 16, 1, 0, 0, tzinfo=UTC)
"""The creation date that every example carries, so that making them again gives the same bytes."""

AGENCY: Final = "ỦY BAN NHÂN DÂN TỈNH MẪU"
AGENCY_LINES: Final = ("ỦY BAN NHÂN DÂN", "TỈNH MẪU")
PLACE: Final = "Mẫu"
LETTER_NUMBER: Final = "1187/UBND-VP"
LETTER_DAY: Final = "16 tháng 11 năm 2026"
REPORT_NUMBER: Final = "356/BC-UBND"
REPORT_DAY: Final = "12 tháng 10 năm 2026"


@dataclass(frozen=True)
class Unit:
    """A unit of the specimen province with its record counts of the year."""

    name: str
    opened: int
    closed: int
    transferred: int

    @property
    def share(self) -> str:
        """Closed records in per cent of the opened ones, written the Vietnamese way."""
        return percent(self.closed, self.opened)


UNITS: Final = (
    Unit("Văn phòng Ủy ban nhân dân tỉnh", 1284, 903, 611),
    Unit("Sở Nội vụ", 1046, 812, 540),
    Unit("Sở Tài chính", 1377, 869, 402),
    Unit("Sở Xây dựng", 1512, 774, 318),
    Unit("Sở Nông nghiệp và Môi trường", 1698, 1021, 455),
    Unit("Sở Khoa học và Công nghệ", 634, 507, 389),
    Unit("Sở Y tế", 958, 601, 276),
    Unit("Sở Giáo dục và Đào tạo", 887, 694, 431),
    Unit("Phường Mẫu Một", 423, 188, 57),
    Unit("Xã Mẫu Hai", 311, 96, 21),
    Unit("Xã Mẫu Ba", 276, 84, 18),
)


def percent(part: int, whole: int) -> str:
    """Return ``part`` of ``whole`` in per cent with one decimal behind a comma."""
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10},{tenths % 10}"


def grouped(number: int) -> str:
    """Return ``number`` with points between the thousands, as Vietnamese offices write it."""
    return f"{number:,}".replace(",", ".")


def totals() -> Unit:
    """Return the sum of all units."""
    return Unit(
        "Tổng cộng",
        sum(unit.opened for unit in UNITS),
        sum(unit.closed for unit in UNITS),
        sum(unit.transferred for unit in UNITS),
    )
