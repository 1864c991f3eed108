"""What is taken over from the revision before is what would be found by reading everything."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.bytesource import FileSource
from antin.core.errors import InputError
from antin.pdf.document import PdfDocument, open_pdf
from antin.pdf.fields import form_fields
from antin.pdf.history import History, View
from antin.pdf.objects import Ref, dictionary_of
from antin.pdf.pages import page_tree
from antin.pdf.references import TRAILER
from antin.verifier.changes.skeleton import Role, Skeleton
from antin.verifier.changes.skeletons import Skeletons
from tests.corpus.outcomes import CORPUS, files
from tests.pdf_forms import Form, add_revision
from tests.pdfs import appended, letter, opened, stream

FORMS = ("table", "stream", "objstm", "hybrid")
NUMBERS = range(3, 13)


def expected_roles(view: View) -> tuple[dict[int, Role], dict[int, int]]:
    """Read all pages, all fields and all lists of annotations, and say what each object is."""
    tree, fields = page_tree(view), form_fields(view)
    roles: dict[int, Role] = {}
    places: dict[int, int] = {}
    for page, number in enumerate(tree.pages, start=1):
        for one in view.array((dictionary_of(view.value(number)) or {}).get("Annots")):
            if isinstance(one, Ref):
                roles[one.number] = Role.ANNOTATION
                places.setdefault(one.number, page)
    owners: dict[int, Role] = {}
    for field in fields:
        if field.number is not None:
            owners.setdefault(field.number, Role.FIELD)
        for number in field.widgets:
            owners.setdefault(number, Role.FIELD if number == field.number else Role.WIDGET)
    roles |= owners
    roles |= dict.fromkeys(tree.nodes, Role.PAGES) | dict.fromkeys(tree.pages, Role.PAGE)
    form, root = view.catalog.get("AcroForm"), view.trailer.get("Root")
    roles |= {TRAILER: Role.TRAILER}
    roles |= {form.number: Role.FORM} if isinstance(form, Ref) else {}
    roles |= {root.number: Role.CATALOG} if isinstance(root, Ref) else {}
    return roles, places


def assert_is_right(found: Skeleton, view: View, numbers: frozenset[int]) -> None:
    tree = page_tree(view)
    roles, places = expected_roles(view)
    assert found.tree.pages == tree.pages
    assert found.tree.nodes == tree.nodes
    assert found.fields == form_fields(view)
    asked = {*numbers, *roles, 9_999}
    assert {n: found.roles[n] for n in asked if n in found.roles} == roles
    assert {n: found.roles.get(n) for n in asked} == {n: roles.get(n) for n in asked}
    assert {n: found.annotation_pages.get(n) for n in asked} == {n: places.get(n) for n in asked}
    assert {n: found.tree.page_number(n) for n in asked if n in tree.pages} == {
        n: page for page, n in enumerate(tree.pages, 1)
    }


def assert_agrees(document: PdfDocument) -> None:
    """Compare, made one from the other in order, and each by itself."""
    numbers = document.history.numbers()
    in_order = Skeletons(document)
    for revision in range(1, document.revisions + 1):
        view = document.view(revision)
        assert_is_right(in_order.of(revision), view, numbers)
        assert_is_right(Skeletons(document).of(revision), view, numbers)


REFS = st.integers(min(NUMBERS), max(NUMBERS)).map(lambda n: b"%d 0 R" % n)
LISTS = st.lists(REFS, max_size=4).map(lambda refs: b"[" + b" ".join(refs) + b"]")
INDIRECT = LISTS | REFS
PAGES = st.builds(
    lambda kids, key: b"<</Type/Pages/" + key + kids + b">>",
    INDIRECT,
    st.sampled_from([b"Kids", b"K#69ds", b"#4bids", b"Kids%\n"]),
)
UNTYPED = st.builds(lambda kids: b"<</Kids " + kids + b">>", INDIRECT)
PAGE = st.builds(
    lambda annots, more: b"<</Type/Page/Annots " + annots + more + b">>",
    INDIRECT,
    st.sampled_from([b"", b"/Contents 3 0 R/Kids[4 0 R]"]),
)
FIELD = st.builds(
    lambda kids, name, more: b"<<" + name + more + b"/Kids " + kids + b">>",
    INDIRECT,
    st.sampled_from([b"", b"/T(a)", b"/T(b)", b"/T 3 0 R"]),
    st.sampled_from([b"", b"/FT/Sig", b"/FT/Tx/V 4 0 R", b"/FT 5 0 R"]),
)
WIDGET = st.just(b"<</Subtype/Widget>>")
CATALOG = st.builds(
    lambda pages, form: b"<</Type/Catalog/Pages " + pages + form + b">>",
    st.sampled_from([b"2 0 R", b"2 0 R", b"2 0 R", b"3 0 R"]),
    st.sampled_from([b"", b"/AcroForm 3 0 R", b"/AcroForm<</Fields[5 0 R 6 0 R]>>"])
    | LISTS.map(lambda fields: b"/AcroForm<</Fields" + fields + b">>"),
)
FORM_DICTIONARY = LISTS.map(lambda fields: b"<</Fields" + fields + b">>")
OBJECT = PAGE | PAGES | UNTYPED | FIELD | WIDGET | FORM_DICTIONARY
LATER = OBJECT | LISTS | st.sampled_from([b"null", b"7", b"(x)", b"<<>>", b"8 0 R", b"<<"])
UPDATE = st.tuples(
    st.sampled_from(FORMS),
    st.dictionaries(st.integers(2, max(NUMBERS)), LATER, max_size=3),
    st.none() | CATALOG,
    st.sets(st.integers(2, max(NUMBERS)), max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(FORMS),
    CATALOG,
    PAGES,
    st.dictionaries(st.sampled_from(NUMBERS), OBJECT, min_size=3),
    st.lists(UPDATE, min_size=1, max_size=4),
)
def test_derived_is_rebuilt(
    form: Form,
    catalog: bytes,
    pages: bytes,
    objects: dict[int, bytes],
    updates: list[tuple[Form, dict[int, bytes], bytes | None, set[int]]],
) -> None:
    data = add_revision(b"", form, {1: catalog, 2: pages} | objects)
    for step, (how, changed, root, freed) in enumerate(updates, 1):
        new = changed | ({1: root} if root else {})
        gone = sorted(freed - {*new})
        data = add_revision(data, how, new, gone, extra=900 + 2 * step)
    try:
        document = opened(data)
    except InputError:
        return
    assert_agrees(document)


def flat(count: int) -> bytes:
    return letter(count, page=b"/Annots[30 0 R]", more={30: b"<</Subtype/Link/P 10 0 R>>"})


def parsed_by(document: PdfDocument, revision: int, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Return which objects the skeleton of ``revision`` reads for the first time."""
    skeletons = Skeletons(document)
    before = skeletons.of(revision - 1)
    _ = (before.roles.get(10), before.tree.page_number(11))
    read: set[int] = set()
    original = History.value

    def value(self: History, number: int, place: object) -> object:
        read.add(number)
        return original(self, number, place)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(History, "value", value)
    after = skeletons.of(revision)
    _ = (after.roles.get(10), after.tree.page_number(11))
    return read


def test_pages_are_not_read_for_a_revision_that_leaves_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = appended(flat(50), {30: b"<</Subtype/Link/P 11 0 R>>", 200: b"[]"})
    document = opened(data)
    first = Skeletons(document).of(1)
    assert first.tree.page_number(59) == 50
    assert parsed_by(document, 2, monkeypatch) <= {1, 30, 200}
    made = Skeletons(document)
    assert made.of(1).tree is made.of(2).tree


TOUCHED = {
    "the list of pages": {2: b"<</Type/Pages/Kids[11 0 R 10 0 R]/Count 2>>"},
    "a page that becomes a node": {
        11: b"<</Type/Pages/Kids[10 0 R 60 0 R]>>",
        60: b"<</Type/Page>>",
    },
    "a page that becomes a list": {11: b"[1 2]"},
    "another tree": {1: b"<</Type/Catalog/Pages 60 0 R>>", 60: b"<</Kids[10 0 R]>>"},
    "a page that was missing": {12: b"<</Type/Page>>"},
}


@pytest.mark.parametrize("name", TOUCHED)
def test_pages_are_read_again_for_a_revision_that_touches_them(name: str) -> None:
    base = letter(2).replace(b"/Kids[10 0 R 11 0 R]", b"/Kids[10 0 R 11 0 R 12 0 R]")
    base = base.replace(b"/Kids[10 0 R 11 0 R 12 0 R]/Count 2", b"/Kids[10 0 R 11 0 R 12 0 R]")
    base = re.sub(rb"xref\n.*", b"", base, flags=re.DOTALL)
    objects = {
        int(m[1]): m[2]
        for m in re.finditer(rb"(\d+) 0 obj\n(.*?)\nendobj", base, re.DOTALL)
        if b"stream" not in m[2]
    }
    data = add_revision(add_revision(b"", "table", objects), "table", TOUCHED[name], extra=910)
    document = opened(data)
    made = Skeletons(document)
    assert made.of(1).tree.pages != made.of(2).tree.pages
    assert_agrees(document)


def test_a_catalogue_that_is_a_node_as_well() -> None:
    both = b"<</Type/Catalog/Pages 1 0 R/Kids[%b]>>"
    first = add_revision(b"", "table", {1: both % b"5 0 R", 5: b"<</B 1>>", 6: b"<</A 1>>"})
    assert_agrees(opened(add_revision(first, "table", {1: both % b"6 0 R"}, extra=910)))


def test_an_object_stream_that_is_another_changes_what_it_held() -> None:
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Kids[3 0 R]>>", 3: b"<</Type/Page>>"}
    held = b"1 0 2 30 3 60 " + objects[1].ljust(30) + b"<</Kids[3 0 R 2 0 R]/Type/Pages>>"
    held = held.replace(b"3 60", b"3 99").ljust(14 + 99) + b"<</Type/Pages/Kids[]>>"
    entries = b"/Type/ObjStm/N 3/First 14"
    data = add_revision(b"", "objstm", objects)
    document = opened(add_revision(data, "stream", {901: stream(held, entries)}, extra=910))
    assert [document.view(n).value(3) for n in (1, 2)] == [
        {"Type": "Page"},
        {"Type": "Pages", "Kids": ()},
    ]
    assert_agrees(document)


def test_a_node_that_swallows_another_object() -> None:
    """Its /Kids stand behind the beginning of an object that lies inside a string."""
    node = b"<</A(text\n7 0 obj\n)/Type/Pages/Kids[3 0 R]>>"
    first = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Kids[4 0 R]>>", 3: b"<</Type/Page>>"}
    data = add_revision(b"", "table", first | {4: node})
    rows = b"xref\n7 1\n%010d 00000 n \n" % data.index(b"7 0 obj")
    previous = data.rsplit(b"startxref", 1)[1].split()[0]
    end = b"trailer\n<</Size 902/Root 1 0 R/Prev %b>>\nstartxref\n%d\n%%%%EOF\n"
    document = opened(data + rows + end % (previous, len(data)))
    assert document.view(2).place(7) is not None
    assert Skeletons(document).of(1).tree.pages == (3,)
    assert_agrees(document)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us")
def test_corpus() -> None:
    """The same on real files with several revisions."""
    checked = 0
    for _, path in files():
        with FileSource(path) as source:
            try:
                document = open_pdf(source)
                if 1 < document.revisions < 20 and len(document.history.numbers()) < 1500:
                    assert_agrees(document)
                    checked += 1
            except InputError:
                continue
    assert checked > 40
