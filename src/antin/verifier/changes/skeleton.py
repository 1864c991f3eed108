"""The parts of a view whose changes rules know how to judge, by object number.

Roles come from the *old* view only: an object is what the signed document took it for, whatever a
later revision claims about it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from typing import Final

from antin.pdf.fields import FormField
from antin.pdf.history import View
from antin.pdf.objects import Ref, Value, dictionary_of, name
from antin.pdf.pages import PageTree
from antin.pdf.references import TRAILER
from antin.verifier.changes.graph import ReferenceGraph
from antin.verifier.containers import KNOWN, STAMP

_MAX_LISTS: Final = 100_000
"""Most arrays that are followed from an annotation up to its page."""
_OF_FIELDS: Final = frozenset({"FT", "Kids", "T", "V"})
"""Keys of which a mere widget has none, even where a form lists it."""


class Role(StrEnum):
    """What an object is to the document."""

    TRAILER = "trailer"
    CATALOG = "catalog"
    FORM = "form"
    FIELD = "field"
    WIDGET = "widget"
    PAGES = "pages"
    PAGE = "page"
    ANNOTATION = "annotation"


class Skeleton:
    """Roles, pages, fields and annotations of one view, each worked out when it is asked for."""

    def __init__(
        self, view: View, tree: PageTree, fields: tuple[FormField, ...], graph: ReferenceGraph
    ) -> None:
        self.view = view
        self.tree = tree
        self.fields = fields
        self.graph = graph
        """Who refers to what in the view."""
        self.annotation_pages = AnnotationPages(view, tree, graph)
        self.roles = Roles(self)

    @cached_property
    def owners(self) -> dict[int, FormField]:
        """The field of each field or widget number."""
        owners: dict[int, FormField] = {}
        for field in self.fields:
            for number in (field.number, *field.widgets):
                if number is not None and number not in owners:
                    owners[number] = field
        return owners

    @cached_property
    def identified(self) -> dict[tuple[int | str, int], FormField]:
        """Fields by object number, or by name if they have none; and the how-manieth it is.

        Without the count, one of two fields of the same name would hide the other.
        """
        seen: dict[int | str, int] = {}
        found: dict[tuple[int | str, int], FormField] = {}
        for field in self.fields:
            identity = field.name if field.number is None else field.number
            count = seen.get(identity, 0)
            found[identity, count] = field
            seen[identity] = count + 1
        return found

    @cached_property
    def shared(self) -> frozenset[int]:
        """The widgets that more than one field claims."""
        real = (field for field in self.fields if not _OF_FIELDS.isdisjoint(field.dictionary))
        claims = Counter(n for field in real for n in {field.number, *field.widgets})
        return frozenset(n for n, count in claims.items() if n is not None and count > 1)

    @cached_property
    def holders(self) -> dict[int, list[FormField]]:
        """The fields that have an object for their value."""
        found: dict[int, list[FormField]] = defaultdict(list)
        for field in self.fields:
            if isinstance(field.value, Ref):
                found[field.value.number].append(field)
        return found

    def page_of(self, number: int) -> int | None:
        """Return the page that the field ``number``, or one of its widgets, stands on."""
        places = map(self.annotation_pages.get, (number, *self.owners[number].widgets))
        return next((page for page in places if page is not None), None)


class AnnotationPages:
    """The 1-based page of each annotation: found from the annotation up, not page by page."""

    def __init__(self, view: View, tree: PageTree, graph: ReferenceGraph) -> None:
        self._view = view
        self._tree = tree
        self._graph = graph
        self._known: dict[int, int | None] = {}
        self._lists: dict[int, frozenset[int]] = {}

    def get(self, number: int) -> int | None:
        """Return the first page whose /Annots list object ``number``; None if there is none."""
        if number not in self._known:
            pages = (self._tree.page_number(page) for page in self._listing(number))
            self._known[number] = min((page for page in pages if page is not None), default=None)
        return self._known[number]

    def _listing(self, number: int) -> Iterator[int]:
        """Yield the pages, or what else has /Annots, that list ``number``."""
        lists = {number}
        pending = [number]
        while pending:
            for parent, key in self._graph.parents(pending.pop()):
                if key == "Annots":
                    if number in self._listed_on(parent):
                        yield parent
                elif not key and parent not in lists and len(lists) <= _MAX_LISTS:
                    lists.add(parent)
                    pending.append(parent)

    def _listed_on(self, page: int) -> frozenset[int]:
        if page not in self._lists:
            listed = annotations_of(self._view, page)
            self._lists[page] = frozenset(one.number for one in listed if isinstance(one, Ref))
        return self._lists[page]


class Roles:
    """The role of each object that has one."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._known: dict[int, Role | None] = {TRAILER: Role.TRAILER}
        view = skeleton.view
        for holder, role in (
            (view.catalog.get("AcroForm"), Role.FORM),
            (view.trailer.get("Root"), Role.CATALOG),
        ):
            if isinstance(holder, Ref):
                self._known[holder.number] = role

    def get(self, number: int) -> Role | None:
        """Return the role of object ``number``; None if it has none."""
        if number not in self._known:
            self._known[number] = self._find(number)
        return self._known[number]

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.get(number) is not None

    def __getitem__(self, number: int) -> Role:
        role = self.get(number)
        if role is None:
            raise KeyError(number)
        return role

    def _find(self, number: int) -> Role | None:
        skeleton = self._skeleton
        if skeleton.tree.is_page(number):
            return Role.PAGE
        if number in skeleton.tree.nodes:
            return Role.PAGES
        owner = skeleton.owners.get(number)
        if owner is not None:
            return Role.FIELD if owner.number == number else Role.WIDGET
        return None if skeleton.annotation_pages.get(number) is None else Role.ANNOTATION


def annotations_of(view: View, page: int) -> tuple[Value, ...]:
    """Return the entries of a page's /Annots."""
    return view.array((dictionary_of(view.value(page)) or {}).get("Annots"))


def is_signed(view: View, field: FormField) -> bool:
    """Tell whether ``field`` holds a signature in ``view``."""
    value = view.dictionary(field.value)
    return bool(value) and (field.kind == "Sig" or "ByteRange" in value)


def is_timestamp(view: View, field: FormField) -> bool:
    """Tell whether the signature in ``field`` is a document time-stamp."""
    value = view.dictionary(field.value)
    return name(view.resolve(value.get("SubFilter"))) == "ETSI.RFC3161"


def is_of_a_person(view: View, field: FormField) -> bool:
    """Tell whether the signature in ``field`` calls itself one that a person makes.

    Whoever does so with a time-stamp in it fails. What calls itself nothing that is known may be a
    time-stamp, which anybody can get.
    """
    value = view.dictionary(field.value)
    return name(view.resolve(value.get("SubFilter"))) in KNOWN - {STAMP}
