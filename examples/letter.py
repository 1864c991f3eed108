"""An official letter (công văn) on closing the year's electronic records."""

from examples.page import OfficialPage
from examples.specimen import LETTER_DAY, LETTER_NUMBER

SUBJECT = "V/v kết thúc và nộp lưu hồ sơ điện tử năm 2026"
BODY = (
    (
        "Thực hiện Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác "
        "văn thư và Luật Lưu trữ, để hồ sơ điện tử hình thành trong năm 2026 được kết thúc, kiểm "
        "tra và nộp lưu đúng thời hạn, Ủy ban nhân dân tỉnh đề nghị các cơ quan, địa phương thực "
        "hiện các nội dung sau:"
    ),
    (
        "1. Rà soát toàn bộ hồ sơ đã mở theo Danh mục hồ sơ năm 2026 (số liệu tại Phụ lục kèm "
        "theo); loại ra khỏi hồ sơ bản trùng, bản nháp; xác định lại thời hạn bảo quản; chỉnh sửa "
        "tiêu đề, số và ký hiệu hồ sơ cho phù hợp với nội dung."
    ),
    (
        "2. Kiểm tra tính xác thực, tính toàn vẹn của từng văn bản điện tử trước khi kết thúc hồ "
        "sơ. Văn bản có chữ ký số không hợp lệ được trả lại nơi gửi, không đưa vào hồ sơ."
    ),
    (
        "3. Bổ sung dấu thời gian và thông tin xác thực lâu dài cho văn bản đã ký số, bảo đảm văn "
        "bản vẫn kiểm tra được sau khi chứng thư số hết hạn."
    ),
    (
        "4. Kết thúc hồ sơ trước ngày 31 tháng 12 năm 2026; báo cáo kết quả về Ủy ban nhân dân "
        "tỉnh (qua Sở Nội vụ) trước ngày 15 tháng 01 năm 2027."
    ),
    (
        "Giao Sở Nội vụ hướng dẫn, đôn đốc, tổng hợp kết quả. Trong quá trình thực hiện, nếu có "
        "vướng mắc, đề nghị phản ánh về Sở Nội vụ để được hướng dẫn kịp thời./."
    ),
)
RECEIVERS = (
    "- Như trên;",
    "- Chủ tịch, các Phó Chủ tịch UBND tỉnh;",
    "- Trung tâm Lưu trữ lịch sử tỉnh;",
    "- Lưu: VT, VP.",
)


def make_letter() -> OfficialPage:
    """Return the letter, one page, with room for the officer's signature and the seal."""
    page = OfficialPage("Công văn về việc kết thúc và nộp lưu hồ sơ điện tử năm 2026")
    page.add_page()
    page.heading(LETTER_NUMBER, LETTER_DAY, SUBJECT)
    page.addressees(("- Các sở, ban, ngành thuộc tỉnh;", "- Ủy ban nhân dân các xã, phường."))
    page.paragraphs(BODY)
    page.signature_block(RECEIVERS, ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"), "Nguyễn Văn A")
    return page
