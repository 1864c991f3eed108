"""The parts of a view whose changes rules know how to judge, by object number.

Roles come from the *old* view only: an object is what the signed document took it for, whatever a
later revision claims about it.
"""

from dataclasses import dataclass
from enum import StrEnum

from antin.pdf.fields import FormField, form_fields
from antin.pdf.history import View
from antin.pdf.objects import Ref, Value, dictionary_of, name
from antin.pdf.pages import PageTree, page_tree
from antin.pdf.references import TRAILER


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


@dataclass(frozen=True)
class Skeleton:
    """Roles, pages, fields and annotations of one view."""

    view: View
    tree: PageTree
    fields: tuple[FormField, ...]
    roles: dict[int, Role]
    annotation_pages: dict[int, int]
    """1-based page of each annotation."""
    owners: dict[int, FormField]
    """The field of each field or widget number."""

    @property
    def anchors(self) -> frozenset[int]:
        """The numbers that have a role."""
        return frozenset(self.roles)

    def page_of(self, number: int) -> int | None:
        """Return the page that an annotation, or one of a field's widgets, stands on."""
        if number in self.annotation_pages:
            return self.annotation_pages[number]
        owner = self.owners.get(number)
        widgets = owner.widgets if owner else ()
        return next((self.annotation_pages[w] for w in widgets if w in self.annotation_pages), None)


def skeleton_of(view: View) -> Skeleton:
    """Return the skeleton of ``view``; ``pdf_too_complex`` when it has no end."""
    tree = page_tree(view)
    fields = form_fields(view)
    roles: dict[int, Role] = {}
    annotation_pages: dict[int, int] = {}
    for page, number in enumerate(tree.pages, start=1):
        for annotation in annotations_of(view, number):
            if isinstance(annotation, Ref):
                roles[annotation.number] = Role.ANNOTATION
                annotation_pages.setdefault(annotation.number, page)
    owners = _owners(fields)
    for number in owners:
        roles[number] = Role.FIELD if owners[number].number == number else Role.WIDGET
    roles |= _document_roles(view, tree)
    return Skeleton(view, tree, fields, roles, annotation_pages, owners)


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


def _owners(fields: tuple[FormField, ...]) -> dict[int, FormField]:
    owners: dict[int, FormField] = {}
    for field in fields:
        for number in (field.number, *field.widgets):
            if number is not None:
                owners.setdefault(number, field)
    return owners


def _document_roles(view: View, tree: PageTree) -> dict[int, Role]:
    roles = {TRAILER: Role.TRAILER}
    roles |= dict.fromkeys(tree.nodes, Role.PAGES)
    roles |= dict.fromkeys(tree.pages, Role.PAGE)
    for holder, role in ((view.catalog.get("AcroForm"), Role.FORM), (_root(view), Role.CATALOG)):
        if isinstance(holder, Ref):
            roles[holder.number] = role
    return roles


def _root(view: View) -> Value:
    return view.trailer.get("Root")
