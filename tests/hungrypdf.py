"""A small file that takes much memory to read."""


def hungry_pdf() -> bytes:
    """Return a PDF whose cross-reference takes far more memory than its bytes."""
    rows = 1_000_000
    head = (
        b"%%PDF-1.7\nxref\n0 %d\n" % rows
        + b"0000000000 65535 f \n"
        + b"0000000001 00000 n \n" * (rows - 1)
    )
    return head + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n9\n%%%%EOF\n" % rows
