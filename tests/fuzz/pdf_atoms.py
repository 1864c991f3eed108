"""Values to put where others stood, and where to put them."""

from typing import Final

from tests.fuzz.pdf_file import Body, File
from tests.fuzz.pdf_syntax import Slot, Value, copied, slots
from tests.fuzz.target import Dice

NUMBERS: Final = (
    b"0",
    b"-1",
    b"1",
    b"2",
    b"65535",
    b"2147483647",
    b"2147483648",
    b"-2147483649",
    b"4294967296",
    b"9223372036854775808",
    b"18446744073709551616",
    b"9" * 400,
    b"9" * 5000,
    b"0.5",
    b"-.0",
    b"1.2.3",
    b"--5",
    b"+7",
    b"." + b"9" * 3000,
)
KEYS: Final = (
    b"/Type /Kids /Parent /Count /Length /Filter /DecodeParms /Contents /ByteRange /FT /T /V "
    b"/Fields /AcroForm /SigFlags /Rect /P /Annots /Subtype /AP /N /Root /Pages /Names /Dests "
    b"/Outlines /First /Last /Next /Prev /Limits /Nums /Perms /DocMDP /DSS /VRI /Certs /CRLs "
    b"/OCSPs /Cert /Reference /TransformMethod /TransformParams /Lock /Action /SubFilter /M "
    b"/MediaBox /Resources "
    b"/Font /Extends /Extensions /Encrypt /ID /Info /Size /W /Index /Data /XFA /DA /Ff /Opt /DV"
).split()
_ATOMS: Final = (
    b"null",
    b"true",
    b"()",
    b"<>",
    b"<4>",
    b"(\\",
    b"/",
    b"/#00",
    b"/#zz",
    b"/" + b"A" * 5000,
    b"[]",
    b"<<>>",
    b"<</Type/Catalog>>",
    b"(" * 2000 + b")" * 2000,
    b"<" + b"41" * 40_000 + b">",
    b"\xfe\xff\xd8\x00",
    b"endobj",
    b"stream\n",
    b"%",
    b"/Sig",
    b"/Tx",
    b"/DocTimeStamp",
    b"/ETSI.RFC3161",
    b"/adbe.pkcs7.detached",
    b"/adbe.pkcs7.sha1",
    b"/FieldMDP",
    b"/DocMDP",
    b"(D:99999999999999+99'99')",
)


def any_number(file: File, chance: Dice) -> int:
    """Return the number of an object."""
    return chance.choice(list(file.objects))


def any_body(file: File, chance: Dice) -> Body:
    """Return an object."""
    return file.objects[any_number(file, chance)]


def any_reference(file: File, chance: Dice) -> bytes:
    """Return a reference: mostly to an object that exists."""
    number = chance.choice((any_number(file, chance),) * 5 + (0, 999_999, 2**31, 10**30))
    return b"%d %d R" % (number, chance.choice((0, 0, 0, 0, 1, 65535, 10**9)))


def any_slot(file: File, chance: Dice) -> Slot | None:
    """Return a place in an object, or sometimes in the trailer."""
    value: Value = file.trailer if chance.random() < 0.05 else any_body(file, chance).value
    return chance.choice(list(slots(value)) or [None])


def any_value(file: File, chance: Dice) -> Value:
    """Return a value that has no business where it is put."""
    match chance.randrange(8):
        case 0 | 1:
            return chance.choice(NUMBERS)
        case 2 | 3:
            return any_reference(file, chance)
        case 4:
            return copied(any_body(file, chance).value)
        case 5:
            slot = any_slot(file, chance)
            return b"null" if slot is None else copied(slot.value)
        case 6:
            return _deep(chance)
        case _:
            return chance.choice(_ATOMS)


def _deep(chance: Dice) -> bytes:
    depth = chance.choice((10, 60, 500, 5000, 30_000))
    opened, closed = chance.choice(((b"[", b"]"), (b"<</A", b">>"), (b"[<</K", b">>]")))
    return opened * depth + b"0" + closed * (depth if chance.random() < 0.7 else 0)
