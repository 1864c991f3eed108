"""An incremental update of any file, object by object: what an attacker's own tool would write."""

from collections.abc import Mapping
from functools import cached_property

from antin.pdf.document import PdfDocument, SignatureField
from antin.pdf.objects import Dictionary, Ref, Stream, Value
from antin.pdf.serialise import NewStream, serialised
from tests.pdfs import appended, opened


class Update:
    """Objects to write after ``base``; ``data`` is the file that results."""

    def __init__(self, base: bytes) -> None:
        self.base = base
        self.root: int | None = None
        self.trailer_more = b""
        self.previous: int | None = -1
        self._objects: dict[int, bytes] = {}
        self._freed: list[int] = []
        self._new_form: Ref | None = None

    @cached_property
    def document(self) -> PdfDocument:
        return opened(self.base)

    @property
    def signature(self) -> SignatureField:
        """The first signature."""
        return self.document.signatures[0]

    @property
    def signature_number(self) -> int:
        """The number of the first signature's dictionary."""
        return _known(self.signature.object_number)

    @property
    def field_number(self) -> int:
        """The number of the first signature's field."""
        return _known(self.signature.field_number)

    def fresh(self) -> int:
        """Return a number from which on none is in use."""
        return max(500, self.document.highest_number, *self._objects, 0) + 1

    def get(self, number: int) -> Dictionary:
        """Return the entries of a dictionary or stream of the file."""
        value = self.document.final_view.value(number)
        found = value.dictionary if isinstance(value, Stream) else value
        assert isinstance(found, Mapping), number
        return found

    def put(self, number: int, body: bytes) -> "Update":
        """Write an object as it is to stand between obj and endobj."""
        self._objects[number] = body
        return self

    def add(self, body: bytes) -> Ref:
        """Write an object under a fresh number."""
        number = self.fresh()
        self.put(number, body)
        return Ref(number)

    def edit(self, number: int, **entries: Value) -> "Update":
        """Write a dictionary anew with other entries; None takes one away."""
        merged = {**self.get(number), **entries}
        return self.put(number, serialised({k: v for k, v in merged.items() if v is not None}))

    def free(self, *numbers: int) -> "Update":
        self._freed += numbers
        return self

    def redraw(self, number: int, data: bytes, **entries: Value) -> "Update":
        """Write a stream anew with other data, and entries."""
        kept = {**self.get(number), **entries}
        kept = {k: v for k, v in kept.items() if k not in {"Filter", "DecodeParms"}}
        return self.put(number, serialised(NewStream(kept, data)))

    def add_field(self, body: bytes) -> int:
        """Write a field under a fresh number, into the form and, as a widget, on page 1."""
        number = self.add(body).number
        _, form, fields = self._form()
        entries: Dictionary = {"Fields": (*fields, Ref(number)), "SigFlags": 3}
        kept = {} if self._new_form else self.get(form)
        self.put(form, serialised({**kept, **entries}))
        page = self.document.pages.pages[0]
        self.edit(page, Annots=(*self.listed(page, "Annots"), Ref(number)))
        return number

    def listed(self, number: int, key: str) -> tuple[Value, ...]:
        """Return the array under ``key`` of an object."""
        return self.document.final_view.array(self.get(number).get(key))

    def form(self) -> int:
        """Return the number of the form."""
        return self._form()[1]

    def catalog(self) -> int:
        return self._form()[0]

    def _form(self) -> tuple[int, int, tuple[Value, ...]]:
        view = self.document.final_view
        root, form = view.trailer["Root"], view.catalog.get("AcroForm")
        assert isinstance(root, Ref)
        if form is None:
            form = self._new_form = self._new_form or self._laid_form(root.number)
            return root.number, form.number, ()
        assert isinstance(form, Ref)
        return root.number, form.number, view.array(view.dictionary(form).get("Fields"))

    def _laid_form(self, root: int) -> Ref:
        form = self.add(b"<</Fields[]>>")
        self.edit(root, AcroForm=form)
        return form

    @property
    def data(self) -> bytes:
        root = self.root or self.catalog()
        kept = {k: v for k, v in self.document.final_view.trailer.items() if k in _KEPT}
        trailer = serialised({"Root": Ref(root), **kept})[2:-2] + self.trailer_more
        return appended(self.base, self._objects, trailer, self.previous, self._freed)


def _known(number: int | None) -> int:
    assert number is not None
    return number


_KEPT = frozenset({"Info", "ID", "Encrypt"})
