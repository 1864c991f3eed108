"""A PDF as the rest of Antin sees it: revisions, signatures, validation data, views of objects."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final, TypeVar, cast

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.core.limits import MAX_PDF_BYTES, MAX_REVISIONS
from antin.pdf.access import ALL_ALLOWED, Access
from antin.pdf.deviations import Deviation
from antin.pdf.extent import header_deviations
from antin.pdf.fields import FormField, form_fields
from antin.pdf.history import History, View, view_at
from antin.pdf.layout import Layout, layout_of
from antin.pdf.objects import Ref
from antin.pdf.oddities import oddities
from antin.pdf.pages import PageTree, nth_page, page_tree
from antin.pdf.repair import repaired_layout
from antin.pdf.restrictions import USAGE_RIGHTS, gives_usage_rights
from antin.pdf.revisions import Revision, find_revisions
from antin.pdf.signature_fields import SignatureField, signature_fields, signature_value
from antin.pdf.stores import StoreReader, ValidationStore
from antin.pdf.stray import stray_signatures
from antin.pdf.xref import Section

__all__ = ["Manner", "PdfDocument", "SignatureField", "ValidationStore", "open_pdf"]

_MAX_VIEWS: Final = MAX_REVISIONS
T = TypeVar("T")


@dataclass(frozen=True)
class StoreSummary:
    """The validation stores, and how many of their entries could not be read."""

    stores: tuple[ValidationStore, ...]
    unreadable: int


class PdfDocument:
    """An opened PDF. Reading more of it can raise ``pdf_malformed`` and ``pdf_too_complex``."""

    def __init__(
        self,
        source: ByteSource,
        history: History,
        revisions: tuple[Revision, ...],
        repairs: tuple[Deviation, ...] = (),
    ) -> None:
        self.source = source
        self.repairs = repairs
        """What had to be repaired before the file could be read; nothing in the strict manner."""
        self.history = history
        self.revision_list = revisions
        self._views: dict[int, View] = {}
        self._annexes: dict[object, object] = {}
        self._brought: dict[int, tuple[Deviation, ...]] = {}

    @property
    def revisions(self) -> int:
        """How many revisions the file has; 1 when nothing was added to it."""
        return len(self.revision_list)

    @cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """What opening the file showed to be odd about it; its objects were not all looked at."""
        sections = (note for section in self.history.parser.sections for note in section.notes)
        return (*header_deviations(self.source), *sections)

    def brought_by(self, revision: int) -> tuple[Deviation, ...]:
        """Return what is odd about revision ``revision`` and about every object that it brought.

        Error: ``pdf_too_complex``.
        """
        if revision not in self._brought:
            described = self.revision_list[revision - 1]
            sections = range(described.first_section, described.section + 1)
            start = self.revision_end(revision - 1) if revision > 1 else 0
            end = self.revision_end(revision)
            found = oddities(self.source, self.history, sections, start, end)
            self._brought[revision] = tuple(found)
        return self._brought[revision]

    def numbers_in(self, revision: int) -> frozenset[int]:
        """Return the numbers of the objects that revision ``revision`` added, changed or freed."""
        described = self.revision_list[revision - 1]
        return self.history.named_in(range(described.first_section, described.section + 1))

    @property
    def newest_section(self) -> Section:
        """The cross-reference section from which a reader of the whole file starts."""
        return self.history.parser.sections[self.revision_list[-1].section]

    @property
    def highest_number(self) -> int:
        """The highest object number that any section names, freed ones included; 0 if none."""
        sections = self.history.parser.sections
        return max((section.entries.highest for section in sections), default=0)

    def revision_end(self, number: int) -> int:
        """Return the offset after revision ``number`` (1-based) and its line end.

        Where the revision has no proper end it is taken to reach to the end of the file.
        """
        end = self.revision_list[number - 1].end
        return self.source.size if end is None else end

    def view(self, revision: int) -> View:
        """Return the objects as a reader of revision ``revision`` (1-based) sees them."""
        if revision not in self._views:
            section = self.revision_list[revision - 1].section
            self._views[revision] = view_at(self.history, section)
        return self._views[revision]

    def annex(self, kind: Callable[["PdfDocument"], T]) -> T:
        """Return ``kind`` of this document, made once: what others work out lives as long as it."""
        if kind not in self._annexes:
            self._annexes[kind] = kind(self)
        return cast("T", self._annexes[kind])

    @property
    def final_view(self) -> View:
        """The objects as a reader of the whole file sees them."""
        return self.view(self.revisions)

    @cached_property
    def pages(self) -> PageTree:
        """The pages of the whole file; read when first asked for, as there can be many."""
        return page_tree(self.final_view)

    @cached_property
    def first_page(self) -> int | None:
        """The first page's object number, found without the others; None if there is no page."""
        return nth_page(self.final_view, 0)

    @property
    def page_count(self) -> int:
        """How many pages the whole file has."""
        return len(self.pages.pages)

    @property
    def access(self) -> Access:
        """What the file allows whoever opens it without a password."""
        cipher = self.history.parser.cipher
        return ALL_ALLOWED if cipher is None else cipher.access

    @cached_property
    def fields(self) -> tuple[FormField, ...]:
        """The form fields of the whole file."""
        return form_fields(self.final_view)

    @cached_property
    def signatures(self) -> tuple[SignatureField, ...]:
        """Signatures and document time-stamps in the order in which they were made."""
        return signature_fields(self.final_view, self.fields, self.source, self.revision_list)

    @cached_property
    def store_summary(self) -> StoreSummary:
        """The document security store through all revisions."""
        reader = StoreReader()
        read = (reader.read(self.view(n), n) for n in range(1, self.revisions + 1))
        stores = tuple(store for store in read if store is not None)
        return StoreSummary(stores, reader.unreadable)

    @property
    def validation_stores(self) -> tuple[ValidationStore, ...]:
        """One store for each revision that added validation data, with what is new in it."""
        return self.store_summary.stores

    @cached_property
    def usage_rights(self) -> tuple[int, ...]:
        """Object numbers of usage rights under the catalog's /Perms: no signatures of persons.

        A certification stands there as well, but a field must show it (ISO 32000-2 §12.8.6).
        """
        view = self.final_view
        permissions = view.dictionary(view.catalog.get("Perms"))
        named = (permissions.get(key) for key in USAGE_RIGHTS)
        return tuple(v.number for v in named if isinstance(v, Ref) and gives_usage_rights(view, v))

    @cached_property
    def stray_signatures(self) -> tuple[int, ...]:
        """Offsets of signature dictionaries that neither a field nor /Perms reaches."""
        owners = set(self.usage_rights)
        for field in self.fields:
            if signature_value(self.final_view, field) is not None:
                holder = field.value.number if isinstance(field.value, Ref) else field.number
                owners |= {holder} if holder is not None else self._form_numbers()
        return stray_signatures(self.source, self.final_view, owners)

    def _form_numbers(self) -> set[int]:
        """Return the objects in which fields can lie directly."""
        catalog = self.final_view.catalog
        form = self.final_view.dictionary(catalog.get("AcroForm"))
        values = (self.final_view.trailer.get("Root"), catalog.get("AcroForm"), form.get("Fields"))
        return {value.number for value in values if isinstance(value, Ref)}


class Manner(Enum):
    """How a file is read."""

    STRICT = "strict"
    """What can be read in one way only; deviations are named."""
    TOLERANT = "tolerant"
    """As viewers read: what they repair is repaired, and named (``PdfDocument.repairs``)."""


def open_pdf(source: ByteSource, manner: Manner = Manner.STRICT) -> PdfDocument:
    """Open a PDF and read its structure; what is hostile or broken in it ends here.

    A file that had to be repaired must not be judged as if it were whole. Errors: ``empty_file``,
    ``file_too_large``, ``not_a_pdf``, ``pdf_truncated``, ``pdf_malformed``, ``pdf_encrypted``
    (only when the empty password does not open it), ``pdf_too_complex``.
    """
    if source.size > MAX_PDF_BYTES:
        raise InputError("file_too_large", size=source.size, limit=MAX_PDF_BYTES)
    return _opened(layout_of(source) if manner is Manner.STRICT else repaired_layout(source))


def _opened(layout: Layout) -> PdfDocument:
    revisions = find_revisions(layout.source, layout.parser.sections)
    if len(revisions) > _MAX_VIEWS:
        raise InputError("pdf_too_complex", detail=f"{len(revisions)} revisions")
    document = PdfDocument(layout.source, History(layout.parser), revisions, layout.repairs)
    _check_basics(document)
    return document


def _check_basics(document: PdfDocument) -> None:
    """Read once what everybody asks for, so that it fails here and not later."""
    if not document.final_view.catalog:
        newest = document.history.parser.sections[-1].start
        raise InputError("pdf_malformed", detail="it has no document catalog", offset=newest)
    _ = (document.signatures, document.validation_stores)
