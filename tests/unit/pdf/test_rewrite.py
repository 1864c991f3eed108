"""A document written anew: one revision that reads as the old one did, and nothing besides."""

from io import BytesIO

import pikepdf
import pytest

from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.pdf.history import View
from antin.pdf.objects import Ref, Stream, Value, same
from antin.pdf.rewrite import rewrite
from tests.pdfs import appended, letter, opened, stream
from tests.unit.pdf.test_encryption import CIPHERS, Cipher, Revision, encrypted, secret

# Revision 5 came before PDF 2.0 and went with it.
pytestmark = pytest.mark.filterwarnings("ignore:Encryption R=5 is deprecated")


def rewritten(document: PdfDocument) -> tuple[bytes, int]:
    """Return the new file and how many objects were lost."""
    pieces: list[bytes] = []
    told = rewrite(document, pieces.append)
    return b"".join(pieces), told.lost


def as_tree(view: View, value: Value, depth: int = 12) -> Value:
    """Return ``value`` with everything that it refers to in its place, down to ``depth``."""
    if depth == 0:
        return None
    match view.resolve(value):
        case tuple() as items:
            return tuple(as_tree(view, item, depth - 1) for item in items)
        case Stream() as stream:
            assert isinstance(value, Ref)
            place = view.place(value.number)
            assert place is not None
            data = view.history.parser.stream_data(value.number, place)
            return (_entries(view, stream.dictionary, depth), data)
        case dict() as entries:
            return _entries(view, entries, depth)
        case plain:
            return plain


def _entries(view: View, entries: object, depth: int) -> Value:
    assert isinstance(entries, dict)
    kept = {
        k: as_tree(view, v, depth - 1) for k, v in entries.items() if k not in {"Parent", "Length"}
    }
    return {key: value for key, value in kept.items() if value is not None}


def test_a_rewritten_file_says_the_same_in_one_revision() -> None:
    base = letter(3, more={60: b"<</Kept[61 0 R 62 0 R(a)]>>", 61: b"(x)", 63: b"(unreached)"})
    data = appended(base, {61: b"(y)"}, trailer=b"/Info 60 0 R")
    document = opened(data)
    made, lost = rewritten(document)
    again = opened(made)
    assert (document.revisions, again.revisions, lost) == (2, 1, 0)
    assert again.deviations == ()
    old, new = document.final_view, again.final_view
    for key in ("Root", "Info"):
        assert same(as_tree(old, old.trailer[key]), as_tree(new, new.trailer[key])), key
    assert b"(x)" not in made
    assert b"unreached" not in made
    with pikepdf.open(BytesIO(made), attempt_recovery=False) as pdf:
        assert len(pdf.pages) == 3
        assert pdf.check_pdf_syntax() == []


def test_objects_in_streams_come_out_of_them() -> None:
    target = BytesIO()
    with pikepdf.open(BytesIO(letter(2))) as pdf:
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    made, _ = rewritten(opened(target.getvalue()))
    assert b"/ObjStm" not in made
    assert opened(made).page_count == 2


@pytest.mark.parametrize("kind", [b"ObjStm", b"XRef"])
def test_what_held_the_old_file_together_is_left_out(kind: bytes) -> None:
    table = stream(b"x", b"/Type/%b" % kind)
    data = appended(
        letter(1, more={60: b"[61 0 R]", 61: table}), {}, trailer=b"/Root 1 0 R/Info 60 0 R"
    )
    made, lost = rewritten(opened(data))
    assert (kind in made, lost) == (False, 0)


def test_what_refers_to_nothing_is_null() -> None:
    data = letter(1, more={60: b"[900 0 R 61 5 R 1 0 R]", 61: b"(generation 0)"})
    document = opened(appended(data, {}, trailer=b"/Info 60 0 R"))
    again = opened(rewritten(document)[0])
    info = again.final_view.trailer["Info"]
    assert again.final_view.resolve(info) == (None, None, again.final_view.trailer["Root"])


def test_an_object_that_cannot_be_read_is_counted() -> None:
    data = letter(1, more={60: b"<</A 61 0 R>>", 61: b"(lost)"}).replace(b"61 0 obj", b"61 0 oxj")
    document = opened(appended(data, {}, trailer=b"/Info 60 0 R"))
    made, lost = rewritten(document)
    assert lost == 1
    view = opened(made).final_view
    assert view.resolve(view.dictionary(view.trailer["Info"])["A"]) is None


@pytest.mark.parametrize(("revision", "cipher"), CIPHERS)
def test_an_encrypted_file_stays_encrypted(revision: Revision, cipher: Cipher) -> None:
    data = encrypted(revision=revision, cipher=cipher)
    document = opened(data)
    made, _ = rewritten(document)
    assert b"a secret" not in made
    assert secret(made) == b"a secret"
    assert opened(made).access == document.access
    with pikepdf.open(BytesIO(made)) as pdf, pikepdf.open(BytesIO(data)) as was:
        assert bytes(pdf.Root.Secret) == b"a secret"
        assert pdf.pages[0].Contents.read_bytes() == was.pages[0].Contents.read_bytes()


def test_rights_that_a_signature_gave_end() -> None:
    catalog = b"<</Type/Catalog/Pages 2 0 R/Perms<</UR3 60 0 R>>>>"
    again = opened(rewritten(opened(letter(1, more={1: catalog, 60: b"<</Type/Sig>>"})))[0])
    assert set(again.final_view.catalog) == {"Type", "Pages"}


def sharing(count: int) -> bytes:
    """Return a file whose /Info lists streams that all have the same data, and are no copies."""
    shared, head = b"x" * 4000, b"%d 0 obj\n<</Length %05d>>\nstream\n"
    size = len(head % (100, 0))
    base = letter(1, more={60: b"[%b]" % b" ".join(b"%d 0 R" % (100 + n) for n in range(count))})
    heads = (head % (100 + n, size * (count - n - 1) + len(shared)) for n in range(count))
    data = b"%b%b%b\nendstream\nendobj\n" % (base, b"".join(heads), shared)
    rows = b"".join(b"%010d 00000 n \n" % (len(base) + n * size) for n in range(count))
    previous = base.rpartition(b"startxref\n")[2].split()[0]
    trailer = b"<</Size %d/Root 1 0 R/Info 60 0 R/Prev %b>>" % (100 + count, previous)
    table = b"xref\n100 %d\n%btrailer\n%b\n" % (count, rows, trailer)
    return b"%b%bstartxref\n%d\n%%%%EOF\n" % (data, table, len(data))


def test_streams_that_share_their_data_are_not_multiplied() -> None:
    again = opened(rewritten(opened(sharing(1)))[0])
    assert len(again.final_view.array(again.final_view.trailer["Info"])) == 1
    with pytest.raises(InputError) as caught:
        rewritten(opened(sharing(30)))
    assert caught.value.code == "pdf_too_complex"


@pytest.mark.parametrize("root", [b"/Root<</Type/Catalog/Pages 2 0 R>>", b"/Root 60 0 R"])
def test_a_catalog_that_is_no_object_of_its_own(root: bytes) -> None:
    made = stream(b"x", b"/Type/Catalog/Pages 2 0 R")
    document = opened(appended(letter(1, more={60: made}), {}, trailer=root))
    with pytest.raises(InputError) as caught:
        rewritten(document)
    assert caught.value.code == "pdf_malformed"


def test_it_tells_what_is_read_in_one_way_only_from_now_on() -> None:
    plain = letter(1, more={60: b"[--90]"})
    pieces: list[bytes] = []
    assert rewrite(opened(plain), pieces.append).odd == frozenset()
    assert rewrite(opened(letter(1, page=b"/Rotate --90")), pieces.append).odd == {"pdf_token_odd"}


def test_a_mere_reference_stays_one() -> None:
    """Some programs do not follow it: in its place they would show what they did not before."""
    document = opened(letter(1, page=b"/Annots 60 0 R", more={60: b"61 0 R", 61: b"[(x)]"}))
    made, _ = rewritten(document)
    view = opened(made).final_view
    (page,) = opened(made).pages.pages
    held = view.dictionary(Ref(page))["Annots"]
    assert isinstance(held, Ref)
    assert isinstance(view.object(held.number), Ref)
    assert view.array(held) == (b"x",)
