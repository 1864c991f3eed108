"""Findings about byte ranges and the file as a whole: one test a rule."""

import re
from collections.abc import Callable

import pytest

from antin.verifier.report import Severity
from antin.verifier.structure import file_findings, signature_findings
from tests.pdfs import appended, letter, opened, signed, stream, with_validation_data

Range = tuple[int, int, int, int]
_RANGE = re.compile(rb"/ByteRange\s*\[([^\]]*)\]")


def file_codes(data: bytes) -> list[str]:
    return [found.code for found in file_findings(opened(data))]


def signature_codes(data: bytes, which: int = 0) -> list[str]:
    document = opened(data)
    return [found.code for found in signature_findings(document, document.signatures[which])]


def with_range(data: bytes, change: Callable[[Range], tuple[int, ...]], which: int = -1) -> bytes:
    """Return ``data`` with another byte range of the same length in bytes."""
    found = list(_RANGE.finditer(data))[which]
    a, b, c, d = (int(number) for number in found[1].split())
    text = b" ".join(b"%d" % number for number in change((a, b, c, d)))
    room = len(found[1])
    assert len(text) <= room
    return data[: found.start(1)] + text.ljust(room) + data[found.end(1) :]


def test_sound_signatures_have_no_findings() -> None:
    data = signed(signed(letter()), "Sig2")
    assert (signature_codes(data, 0), signature_codes(data, 1), file_codes(data)) == ([], [], [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: (1, r[1] - 1, r[2], r[3]), "byte_range_start"),
        (lambda r: (r[0], r[1], r[2]), "byte_range_malformed"),
        (lambda r: (r[0], -1, r[2], r[3]), "byte_range_malformed"),
        (lambda r: (r[0], r[2], r[1], r[3]), "byte_range_malformed"),
        (lambda r: (r[0], r[1], r[2], r[3] + 9), "byte_range_outside"),
        (lambda r: (r[0], r[1] - 9, r[2], r[3]), "byte_range_gap"),
        (lambda r: (r[0], r[1] + 1, r[2], r[3]), "byte_range_gap"),
        (lambda r: (r[0], r[1], r[2] + 9, r[3] - 9), "byte_range_gap"),
        (lambda r: (r[0], r[1], r[2], r[3] - 40), "byte_range_end"),
        (lambda r: (0, 0, 1, r[2] + r[3] - 1), "byte_range_gap"),
    ],
)
def test_byte_range_rule(change: Callable[[Range], tuple[int, ...]], code: str) -> None:
    data = with_range(signed(letter()), change)
    document = opened(data)
    found = signature_findings(document, document.signatures[0])
    assert code in [finding.code for finding in found]
    assert all(finding.severity is Severity.ERROR for finding in found)


def test_gap_around_another_hex_string_is_not_its_own() -> None:
    """A byte range that spares some other string leaves the signature's own room to anything."""
    data = signed(letter(more={50: b"<" + b"0" * 40 + b">"}))
    decoy = data.index(b"<" + b"0" * 40 + b">")

    def moved(was: Range) -> Range:
        return (0, decoy, decoy + 42, was[2] + was[3] - decoy - 42)

    assert signature_codes(with_range(data, moved)) == ["byte_range_gap_elsewhere"]


def test_signature_put_into_a_later_revision_covers_not_itself() -> None:
    """Signature wrapping: an old range, a new place for the dictionary that claims it."""
    data = signed(letter())
    document = opened(data)
    field = document.signatures[0]
    assert field.object_number is not None
    start = data.index(b"%d 0 obj" % field.object_number)
    body = data[data.index(b"<<", start) : data.index(b"endobj", start)].strip()
    codes = signature_codes(appended(data, {field.object_number: body}))
    assert codes == ["byte_range_gap_elsewhere"]


def test_two_signatures_may_not_share_their_gap() -> None:
    data = signed(letter())
    field = opened(data).signatures[0]
    start = data.index(b"%d 0 obj" % (field.object_number or 0))
    body = data[data.index(b"<<", start) : data.index(b"endobj", start)].strip()
    twin = {60: b"<</T(twin)/FT/Sig/V 61 0 R>>", 61: body}
    form = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[60 0 R %d 0 R]>>>>" % (
        field.field_number or 0
    )
    assert "byte_range_shared" in signature_codes(appended(data, {**twin, 1: form}))


def test_contents_that_are_no_signature_are_a_problem() -> None:
    data = signed(letter())
    field = opened(data).signatures[0]
    start, end = field.contents_span or (0, 0)
    emptied = data[: start + 1] + b"0" * (end - start - 2) + data[end - 1 :]
    assert signature_codes(emptied)[0] == "signature_unreadable"


def test_gap_that_is_no_hex_is_never_silent() -> None:
    data = signed(letter())
    _, end = opened(data).signatures[0].contents_span or (0, 0)
    odd = data[: end - 5] + b"Z" + data[end - 4 :]
    assert "signature_unreachable" in file_codes(odd) or signature_codes(odd)


def test_trailing_bytes() -> None:
    data = signed(letter())
    (found,) = file_findings(opened(data + b"more"))
    assert (found.code, found.severity, found.offset) == (
        "trailing_bytes",
        Severity.ERROR,
        len(data),
    )


@pytest.mark.parametrize("count", [1, 2_000, 2_000_000])
def test_trailing_bytes_of_any_length(count: int) -> None:
    assert file_codes(signed(letter()) + b"x" * count) == ["trailing_bytes"]


@pytest.mark.parametrize(
    ("count", "code"), [(800, "trailing_white_space"), (801, "trailing_bytes")]
)
def test_white_space_behind_the_end(count: int, code: str) -> None:
    """More of it hides the last startxref from some programs, which then read a file otherwise."""
    data = signed(letter()) + b" " * count
    (found,) = file_findings(opened(data))
    assert (found.code, found.offset) == (code, len(data) - count)
    severity = {"trailing_white_space": Severity.WARNING, "trailing_bytes": Severity.ERROR}
    assert found.severity is severity[code]
    assert signature_codes(data) == []


def test_white_space_that_was_signed_is_nothing() -> None:
    data = with_range(signed(letter()) + b" " * 9, lambda r: (r[0], r[1], r[2], r[3] + 9))
    assert opened(data).signatures[0].covers_whole_file
    assert file_codes(data) == []


def test_type_that_does_not_fit() -> None:
    data = signed(letter())
    wrong = data.replace(b"/Type /Sig\n", b"/Type /Sog\n")
    assert wrong != data
    document = opened(wrong)
    (found,) = signature_findings(document, document.signatures[0])
    assert (found.code, found.severity) == ("signature_type_odd", Severity.WARNING)
    assert found.detail.endswith("/Type is /Sog.")
    assert signature_codes(data.replace(b"/Type /Sig\n", b"% a comment\n")) == []


def test_signature_taken_out_of_the_form_is_unreachable() -> None:
    data = appended(signed(letter()), {1: b"<</Type/Catalog/Pages 2 0 R>>"})
    assert opened(data).signatures == ()
    assert file_codes(data) == ["signature_unreachable"]


def test_byte_range_in_a_stream_is_no_signature() -> None:
    """An attached PDF is data to this one."""
    assert file_codes(letter(more={50: stream(signed(letter()))})) == []


def test_byte_range_between_objects_is_reported() -> None:
    data = letter()
    at = data.index(b"3 0 obj")
    odd = data[:at] + b"% /ByteRange [0 1 2 3]\n" + data[at:]
    shifted = re.sub(rb"(?m)^(\d{10}) 00000 n", lambda m: _shift(m, at, 23), odd)
    final = re.sub(rb"startxref\n(\d+)", lambda m: b"startxref\n%d" % (int(m[1]) + 23), shifted)
    assert file_codes(final) == ["signature_unreachable"]


def _shift(found: re.Match[bytes], at: int, by: int) -> bytes:
    offset = int(found[1])
    return b"%010d 00000 n" % (offset + by if offset >= at else offset)


def test_more_byte_ranges_than_anybody_needs_are_not_passed_over() -> None:
    """Whoever buries a hidden signature under thousands of others gets an error, no silence."""
    data = letter(more={50: stream(b"/ByteRange " * 5_001)})
    (found,) = file_findings(opened(data))
    assert (found.code, found.severity) == ("structure_undetermined", Severity.ERROR)
    assert file_codes(letter(more={50: stream(b"/ByteRange " * 4_999)})) == []


def test_usage_rights_are_no_stray_signature() -> None:
    rights = b"/Reference[<</Type/SigRef/TransformMethod/UR3>>]"
    more = {50: b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>%b>>" % rights}
    assert file_codes(letter(catalog=b"/Perms<</UR3 50 0 R>>", more=more)) == [
        "usage_rights_signature"
    ]


def test_cross_reference_hidden_in_a_signed_stream() -> None:
    """The last startxref leads into a stream of the signed revision: a view nobody signed."""
    table = b"xref\n110 1\nAAAAAAAAAA 00000 n \ntrailer\n<</Size 300/Root 1 0 R/Prev BBBBBBBBBB>>\n"
    data = signed(letter(more={50: stream(b"110 0 obj\nnull\nendobj\n" + table)}))
    other, hidden = data.index(b"110 0 obj\nnull"), data.index(b"xref\n110 1")
    last = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    data = data.replace(b"AAAAAAAAAA", b"%010d" % other).replace(b"BBBBBBBBBB", b"%010d" % last)
    assert file_codes(data + b"startxref\n%d\n%%%%EOF\n" % hidden) == ["revision_end_unclear"]


def test_lenient_reading_is_said() -> None:
    data = letter().replace(b"/Size 112", b"/Size 50 ")
    assert file_codes(data) == ["pdf_size_too_small"]


def test_unreadable_validation_data_are_said() -> None:
    data = with_validation_data(signed(letter()), b"one")
    broken = appended(
        data, {1: data[data.rindex(b"<<\n/Type /Catalog") :].split(b"endobj")[0].strip()}
    )
    assert file_codes(broken) == []
    store = b"<</Type/Catalog/Pages 2 0 R/DSS<</Certs[3 0 R]>>>>"
    assert "validation_data_unreadable" in file_codes(appended(letter(), {1: store}))


def test_signature_without_a_byte_range_is_unreadable() -> None:
    more = {50: b"<</FT/Sig/T(bare)/V 51 0 R>>", 51: b"<</Type/Sig/Contents<30030201>>>"}
    data = letter(catalog=b"/AcroForm<</Fields[50 0 R]>>", more=more)
    (found,) = signature_findings(opened(data), opened(data).signatures[0])
    assert (found.code, found.severity) == ("signature_unreadable", Severity.ERROR)
