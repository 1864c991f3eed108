"""What the demo says, in Vietnamese and English."""

from typing import Final, Literal

Language = Literal["vi", "en"]

STEPS: Final = {
    "world": ("Dựng môi trường tin cậy để phát triển", "Make a development trust world"),
    "office": ("Khởi tạo cơ quan và dịch vụ", "Set up the office and its service"),
    "people": ("Phân quyền cho người dùng", "Give people their roles"),
    "record": ("Mở hồ sơ, đưa văn bản vào hồ sơ", "Open the record, file the documents"),
    "sign": ("Hai cán bộ ký số bằng thiết bị của mình", "Two officers sign with their tokens"),
    "seal": ("Đóng dấu của cơ quan", "Put the agency's seal on"),
    "close": ("Kết thúc hồ sơ", "Close the record"),
    "verify": ("Kiểm tra lại như người ngoài", "Verify it all as a stranger"),
    "tamper": ("Thử sửa trộm trên bản sao", "Tamper with copies"),
    "refuse": ("Kết thúc hồ sơ có văn bản bị sửa", "Close a record with a tampered file"),
    "stop": (
        "Dừng dịch vụ, ký và kiểm tra ngoại tuyến",
        "Stop the servers; sign and verify offline",
    ),
}
"""Key → (Vietnamese, English), in the order in which they run."""

WORDS: Final = {
    "step": ("Bước", "Step"),
    "seconds": ("Giây", "Seconds"),
    "what": ("Việc sửa", "Tampering"),
    "found": ("Đã phát hiện", "Found"),
    "made": ("Kết quả", "What was made"),
    "where": ("Ở đâu", "Where"),
    "signed": (
        "Công văn, phụ lục, báo cáo đã ký, đóng dấu",
        "Letter, attachment, report, signed and sealed",
    ),
    "closed": (
        "Các văn bản đó ở mức B-LTA; biên bản kết thúc",
        "The same at B-LTA; closure manifest, certificate",
    ),
    "data": ("Thư mục dữ liệu (ANTIN_DATA_DIR)", "The data directory (ANTIN_DATA_DIR)"),
    "ledger": (
        "Bản xuất sổ cái, có chương trình kiểm tra",
        "The ledger's export, with a program that checks it",
    ),
    "trust": ("Thư mục tin cậy (antin verify --trust)", "The trust folder (antin verify --trust)"),
    "extracted": ("Chữ ký tách ra cho openssl", "Signatures taken out for openssl"),
    "tampered": ("Các bản sao đã bị sửa", "The copies that were tampered with"),
    "summary": ("Từng lệnh đã chạy", "Every command that ran"),
    "flip-byte": ("Đổi một bit trong công văn", "One bit of the letter flipped"),
    "add-page": ("Thêm một trang vào báo cáo", "A page added to the report"),
    "ledger-row": ("Sửa một dòng của sổ cái", "A row of the ledger edited"),
    "ledger-export": ("Sửa một mục trong bản xuất", "An entry edited in the export"),
    "record": ("Đưa tệp bị sửa vào hồ sơ thứ hai", "A tampered file in a second record"),
    "all-good": ("Xong: mọi kiểm tra đúng như mong đợi.", "Done: every check ended as it has to."),
}


def say(table: dict[str, tuple[str, str]], key: str, language: Language) -> str:
    """Return a text in ``language``."""
    vietnamese, english = table[key]
    return vietnamese if language == "vi" else english
