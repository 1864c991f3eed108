"""What the closure certificate says in each language; terms by the office glossary."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Labels:
    """The fixed texts of one language."""

    nation: tuple[str, str]
    title: str
    record_title: str
    code_notation: str
    agency: str
    retention: str
    opened: str
    closed: str
    closure_number: str
    documents: str
    officer: str
    manifest: str
    ledger: str
    position: str
    checkpoint: str
    checkpoint_value: str
    no_checkpoint: str
    list_title: str
    columns: tuple[str, str, str, str, str, str]
    more_signers: str
    no_signers: str
    conclusions: dict[str | None, str]
    note: str
    page: str


VIETNAMESE: Final = Labels(
    nation=("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"),
    title="CHỨNG TỪ KẾT THÚC HỒ SƠ ĐIỆN TỬ",
    record_title="Tiêu đề hồ sơ",
    code_notation="Số, ký hiệu hồ sơ",
    agency="Cơ quan",
    retention="Thời hạn lưu trữ",
    opened="Thời gian bắt đầu",
    closed="Thời gian kết thúc",
    closure_number="Lần kết thúc",
    documents="Số văn bản, tài liệu",
    officer="Người kết thúc hồ sơ",
    manifest="Mã băm SHA-256 của bản kê (closure.json)",
    ledger="Sổ nhật ký",
    position="Mục ghi mới nhất trước khi kết thúc",
    checkpoint="Điểm kiểm tra gần nhất của sổ",
    checkpoint_value="{size} mục ghi, gốc {root}",
    no_checkpoint="chưa có trước lần kết thúc này",
    list_title="VĂN BẢN, TÀI LIỆU TRONG HỒ SƠ",
    columns=("STT", "Tên văn bản, tài liệu", "Mã băm SHA-256", "Người ký", "Mức", "Kết quả"),
    more_signers="và {count} chữ ký khác",
    no_signers="không có chữ ký số",
    conclusions={
        "TOTAL-PASSED": "Hợp lệ",
        "TOTAL-FAILED": "Không hợp lệ",
        "INDETERMINATE": "Chưa xác định được",
        "NO-SIGNATURE": "Không có chữ ký",
        "UNREADABLE": "Không đọc được",
        None: "Chưa xác định được",
    },
    note=(
        "Chứng từ này dùng để đọc. Căn cứ để kiểm tra bằng máy là bản kê closure.json cùng chữ ký "
        "số closure.json.p7s và mục ghi kết thúc trong sổ nhật ký, nơi giữ mã băm của bản kê và "
        "của chứng từ này."
    ),
    page="Trang {page}/{pages}",
)
ENGLISH: Final = Labels(
    nation=("SOCIALIST REPUBLIC OF VIETNAM", "Independence - Freedom - Happiness"),
    title="CERTIFICATE OF CLOSURE OF AN ELECTRONIC RECORD",
    record_title="Title of the record",
    code_notation="Number, symbol",
    agency="Agency",
    retention="Retention period",
    opened="Opened at",
    closed="Closed at",
    closure_number="Closure",
    documents="Documents",
    officer="Closed by",
    manifest="SHA-256 of the manifest (closure.json)",
    ledger="Ledger",
    position="Newest entry before the closure",
    checkpoint="Newest checkpoint of the ledger",
    checkpoint_value="{size} entries, root {root}",
    no_checkpoint="none before this closure",
    list_title="DOCUMENTS IN THE RECORD",
    columns=("No.", "Document", "SHA-256", "Signed by", "Level", "Result"),
    more_signers="and {count} more signatures",
    no_signers="no signature",
    conclusions={
        "TOTAL-PASSED": "Valid",
        "TOTAL-FAILED": "Not valid",
        "INDETERMINATE": "Could not be determined",
        "NO-SIGNATURE": "No signature",
        "UNREADABLE": "Unreadable",
        None: "Could not be determined",
    },
    note=(
        "This certificate is for reading. What machines check is the manifest closure.json with "
        "its signature closure.json.p7s, and the closure's entry in the ledger, which holds the "
        "digests of the manifest and of this certificate."
    ),
    page="Page {page}/{pages}",
)


def labels_of(language: str) -> Labels:
    """Return the texts of ``language``: Vietnamese unless it is ``en``."""
    return ENGLISH if language == "en" else VIETNAMESE
