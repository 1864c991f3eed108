"""What the report says."""

from typing import Final

OPENING: Final = (
    (
        "Thực hiện Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác "
        "văn thư và Luật Lưu trữ, Ủy ban nhân dân tỉnh Mẫu báo cáo kết quả lập, kết thúc và nộp "
        "lưu hồ sơ điện tử 9 tháng đầu năm 2026 trên địa bàn tỉnh như sau:"
    ),
)
DIRECTION: Final = (
    (
        "Từ đầu năm, Ủy ban nhân dân tỉnh đã ban hành Danh mục hồ sơ năm 2026 cho từng cơ quan, "
        "địa phương; giao chỉ tiêu kết thúc hồ sơ điện tử theo quý; đưa kết quả lập hồ sơ vào tiêu "
        "chí đánh giá mức độ hoàn thành nhiệm vụ của người đứng đầu."
    ),
    (
        "Việc mở hồ sơ được thực hiện theo Danh mục hồ sơ đã phê duyệt. Đối với công việc phát "
        "sinh ngoài Danh mục, người được giao giải quyết công việc tự xác định tiêu đề, số và ký "
        "hiệu, thời hạn bảo quản, người lập hồ sơ và thời gian bắt đầu trước khi cập nhật văn bản "
        "đầu tiên."
    ),
    (
        "Sở Nội vụ đã tổ chức 06 lớp tập huấn cho 412 công chức, viên chức làm công tác văn thư, "
        "lưu trữ; kiểm tra trực tiếp tại 11 cơ quan, địa phương và có văn bản chấn chỉnh sau kiểm "
        "tra."
    ),
)
TOOLS: Final = (
    (
        "Hệ thống quản lý tài liệu điện tử của tỉnh được nâng cấp trong quý II: mỗi văn bản đi "
        "được người có thẩm quyền ký số bằng thiết bị lưu khóa của mình, sau đó Văn thư cơ quan ký "
        "số của cơ quan; mỗi thay đổi của hồ sơ được ghi vào sổ nhật ký có chuỗi băm, không ai sửa "
        "được mà không để lại dấu vết."
    ),
    (
        "Trước khi kết thúc, hồ sơ được kiểm tra tự động: chữ ký số, dấu thời gian, tình trạng thu "
        "hồi chứng thư số và tính toàn vẹn của từng văn bản. Hồ sơ chỉ được kết thúc khi mọi văn "
        "bản đều đạt; các trường hợp không đạt được nêu rõ lý do để người lập hồ sơ xử lý."
    ),
)
RESULTS: Final = (
    (
        "Tính đến hết tháng 9 năm 2026, toàn tỉnh đã kết thúc phần lớn hồ sơ điện tử đã mở. Khối "
        "sở, ngành đạt kết quả cao hơn khối xã, phường; 03 đơn vị có tỷ lệ dưới 50%. Số liệu chi "
        "tiết như sau:"
    ),
)
FAULTS: Final = (
    ("Thiếu chữ ký số của cơ quan trên phụ lục ở tệp riêng", 214),
    ("Văn bản đến có nội dung bị thay đổi sau khi ký", 37),
    ("Chứng thư số hết hạn, không có dấu thời gian", 163),
    ("Không xác định được tình trạng thu hồi chứng thư số", 92),
    ("Bản quét không đạt 200 dpi hoặc không phải ảnh màu", 128),
    ("Thiếu thông tin mô tả bắt buộc", 305),
)
SHORTCOMINGS: Final = (
    (
        "Việc kết thúc hồ sơ còn chậm ở cấp xã; nhiều hồ sơ đã giải quyết xong công việc nhưng "
        "chưa được rà soát, hoàn thiện. Một số cơ quan vẫn cập nhật bản nháp, bản trùng vào hồ sơ."
    ),
    (
        "Qua kiểm tra tự động, một số văn bản không đạt yêu cầu và được trả lại để xử lý. Các lý "
        "do chính gồm:"
    ),
)
CAUSES: Final = (
    (
        "Về khách quan, văn bản của một số nơi gửi chưa nhúng đủ chứng thư số trung gian; dịch vụ "
        "cấp dấu thời gian có lúc phản hồi chậm trong giờ cao điểm."
    ),
    (
        "Về chủ quan, một bộ phận công chức chưa coi việc lập hồ sơ là trách nhiệm gắn với công "
        "việc được giao; Văn thư cơ quan ở cấp xã kiêm nhiệm nhiều việc; một số lãnh đạo đơn vị "
        "chưa thường xuyên kiểm tra, đôn đốc."
    ),
)
PLANS: Final = (
    (
        "1. Hoàn thành kết thúc hồ sơ của công việc đã giải quyết xong trước ngày 31 tháng 12 năm "
        "2026; bảo đảm chỉ tiêu 90% đối với cấp tỉnh và 60% đối với cấp xã."
    ),
    (
        "2. Ký số của cơ quan trên từng tệp phụ lục không cùng tệp với văn bản chính; chuẩn hóa vị "
        "trí hình ảnh chữ ký số và thông tin ký số theo quy định."
    ),
    (
        "3. Bổ sung dấu thời gian và thông tin xác thực lâu dài cho toàn bộ văn bản đã ký số trong "
        "hồ sơ trước khi kết thúc, để văn bản vẫn kiểm tra được sau nhiều năm."
    ),
    (
        "4. Nộp lưu hồ sơ điện tử vào Lưu trữ cơ quan trong thời hạn 01 năm kể từ ngày công việc "
        "kết thúc; lập Danh mục hồ sơ giữ lại đối với trường hợp được đồng ý bằng văn bản."
    ),
    (
        "5. Kiểm tra đột xuất tại các xã, phường có tỷ lệ kết thúc hồ sơ dưới 50%; công khai kết "
        "quả hằng tháng trên Trang thông tin điện tử của tỉnh."
    ),
)
PROPOSALS: Final = (
    (
        "Đề nghị Bộ Nội vụ hướng dẫn thống nhất cấu trúc gói hồ sơ nộp lưu và thời hạn chuyển giao "
        "giữa Lưu trữ hiện hành và Lưu trữ lịch sử; chia sẻ danh sách chứng thư số trung gian của "
        "các tổ chức cung cấp dịch vụ để các địa phương kiểm tra văn bản đến được đầy đủ."
    ),
    (
        "Đề nghị cơ quan vận hành dịch vụ cấp dấu thời gian bố trí thêm năng lực xử lý trong tháng "
        "12 hằng năm, là thời điểm các cơ quan tập trung kết thúc hồ sơ."
    ),
    (
        "Trên đây là báo cáo kết quả lập, kết thúc và nộp lưu hồ sơ điện tử 9 tháng đầu năm 2026 "
        "của Ủy ban nhân dân tỉnh Mẫu./."
    ),
)
