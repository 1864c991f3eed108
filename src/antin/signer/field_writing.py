"""A signature field that is made, or an empty one that is filled, as changes of an update."""

from typing import Final

from antin.core.errors import InputError, RefusedError
from antin.pdf.fields import FormField
from antin.pdf.objects import Dictionary, Name, Ref, Value, integer, name, numbers, text_string
from antin.pdf.serialise import compressed
from antin.pdf.writer import Signed, Update
from antin.signer.appearance.geometry import PageView, box_of, view_of
from antin.signer.appearance.stamp import Placement, draw_stamp
from antin.signer.conformance import claims_of
from antin.signer.fields import existing_field
from antin.signer.permissions import (
    NO_RULES,
    Rules,
    add_lock,
    record_certification,
    references,
)

_SIGNATURES_EXIST: Final = 1
_APPEND_ONLY: Final = 2
_PRINT: Final = 4
_LOCKED: Final = 128
_HIDDEN: Final = 2 | 32
"""Annotation flags Hidden and NoView (ISO 32000-2 §12.5.3)."""
_NO_FONTS: Final[Dictionary] = {"Font": {}}
"""Resources of a form that there was none of. A widespread program takes the font of annotations
that lack an appearance from the form, and leaves them out where a form has no list of fonts."""
_OF_A_GROUP: Final = frozenset(
    ("T", "Kids", "Parent", "FT", "TU", "TM", "Ff", "DV", "AA", "DA", "Q", "DS", "RV", "MaxLen")
)
"""What a field says for those below it (ISO 32000-2 tables 226, 228, 232)."""
_NOWHERE: Final[Value] = (0, 0, 0, 0)
_OFF_THE_PAGE: Final[Value] = (-10_000, -10_000, -10_000, -10_000)


def sign_field(
    update: Update,
    field_name: str,
    entries: Dictionary,
    reserved: int,
    placement: Placement | None = None,
    rules: Rules = NO_RULES,
) -> None:
    """Let ``field_name`` hold a signature dictionary of ``entries`` and an empty container.

    ``reserved`` are the bytes of DER that fit in. The field is made if it is not there: on the
    stamp's page, or invisible on the first one. Errors: ``field_taken``, ``field_invalid``,
    ``signing_forbidden``, and those of reading the PDF.
    """
    existing = existing_field(update.document, field_name)
    said = {**entries, **references(update, existing, rules)}
    signature = update.add(Signed(said, reserved))
    if existing is None:
        held = {"V": signature, **add_lock(update, rules.lock)}
        _make(update, field_name.split("."), held, placement)
    else:
        _fill(update, existing, signature, placement)
    record_certification(update, signature, rules.certify)
    _check_earlier_signatures(update)


def _make(update: Update, path: list[str], held: Dictionary, placement: Placement | None) -> None:
    page = placement.page if placement else update.document.first_page
    if page is None:
        raise InputError("pdf_malformed", detail="it has no page that could hold a field")
    field = update.reserve()
    parent = _hang_in(update, path, field)
    update.replace(
        field.number,
        {
            "FT": Name("Sig"),
            "T": text_string(path[-1]),
            **({"Parent": parent} if parent else {}),
            **held,
            "Type": Name("Annot"),
            "Subtype": Name("Widget"),
            "F": _PRINT | _LOCKED,
            "P": update.ref(page),
            **_looks(update, placement),
        },
    )
    _put_on_page(update, page, field)


def _looks(update: Update, placement: Placement | None) -> Dictionary:
    if placement is None:
        return _unseen(update)
    drawn = draw_stamp(update, placement.stamp, placement.view, placement.box)
    return {"Rect": numbers(*placement.box), "AP": {"N": drawn}}


def _unseen(update: Update) -> Dictionary:
    """Return how a field shows nothing, and still keeps a file what it claims to be.

    PDF/A-1 wants an appearance of every field (ISO 19005-1 §6.9), later parts none of one without
    size. PDF/UA wants fields in the structure unless they lie off the page (ISO 14289-1 §7.18).
    """
    claims = update.document.annex(claims_of)
    where = {"Rect": _OFF_THE_PAGE if claims.accessible else _NOWHERE}
    if claims.archival != 1:
        return where
    empty: Dictionary = {"Type": Name("XObject"), "Subtype": Name("Form"), "BBox": _NOWHERE}
    return {**where, "AP": {"N": update.add(compressed({**empty, "Resources": {}}, b""))}}


def _put_on_page(update: Update, page: int, annotation: Ref) -> None:
    """Give the page a list of annotations of its own.

    Where it refers to an array, other pages may refer to the same one: that stays as it is.
    """
    held = update.dictionary(update.ref(page))
    listed = update.items(held.get("Annots"))
    update.replace(page, {**held, "Annots": (*listed, annotation)})


def _hang_in(update: Update, path: list[str], field: Ref) -> Ref | None:
    """Put ``field`` into the tree of fields where ``path`` says; return its parent, if any.

    Groups that are missing on the way are made (ISO 32000-2 §12.7.4.2).
    """
    depth, group = _deepest_group(update, path)
    parent = group
    missing = [update.reserve() for _ in path[depth:-1]]
    for partial, ref, kid in zip(path[depth:], missing, [*missing[1:], field], strict=False):
        above = {"Parent": parent} if parent else {}
        update.replace(ref.number, {"T": text_string(partial), **above, "Kids": (kid,)})
        parent = ref
    top = missing[0] if missing else field
    if group is None:
        _extend_form(update, top)
    else:
        held = update.dictionary(group)
        kids = (*update.items(held.get("Kids")), top)
        update.replace(group.number, {**held, "Kids": kids})
        _extend_form(update, None)
    return parent


def _deepest_group(update: Update, path: list[str]) -> tuple[int, Ref | None]:
    """Return how much of ``path`` exists already, and the group where that leads to."""
    for depth in range(len(path) - 1, 0, -1):
        prefix = ".".join(path[:depth])
        for field in update.document.fields:
            if field.name == prefix:
                if field.number is None or not _is_group(field):
                    raise _invalid(f"{prefix} is a field itself")
                return depth, update.ref(field.number)
    return 0, None


def _is_group(field: FormField) -> bool:
    """Tell whether the field only holds others: not if it may be something else as well.

    A page that is listed as a field, too, would be no page any more with kids.
    """
    held = field.dictionary
    parent = held.get("Parent")
    above = parent.number if isinstance(parent, Ref) else None
    shows = bool(field.widgets) or not held.keys() <= _OF_A_GROUP
    is_there = above in {None, field.parent}
    return not shows and is_there and ("Kids" in held or field.kind is None)


def _extend_form(update: Update, field: Ref | None) -> None:
    """Make sure that there is a form that announces signatures, with ``field`` in its list."""
    held = update.catalog.get("AcroForm")
    number, form = update.number_of(held), update.dictionary(held)
    flags = integer(update.resolve(form.get("SigFlags"))) or 0
    announced = flags | _SIGNATURES_EXIST | _APPEND_ONLY
    if field is None and flags == announced:
        return
    listed = (*update.items(form.get("Fields")), *([field] if field else []))
    form = {**form, "Fields": listed, "SigFlags": announced}
    if number is not None:
        update.replace(number, form)
    elif update.resolve(held) is not None:
        update.set_catalog_entry("AcroForm", form)
    else:
        update.set_catalog_entry("AcroForm", update.add({**form, "DR": _NO_FONTS}))


def _fill(update: Update, field: FormField, signature: Ref, placement: Placement | None) -> None:
    number = _own_number(field)
    held = update.dictionary(update.ref(number))
    update.replace(number, {**held, "V": signature})
    _extend_form(update, None)
    if placement is not None:
        _show(update, _widget(field), placement)


def _widget(field: FormField) -> int:
    """Return the one place where the field shows: itself, or its only kid."""
    if "Rect" in field.dictionary or not field.widgets:
        return _own_number(field)
    if len(field.widgets) > 1:
        raise _invalid("it shows in several places")
    return field.widgets[0]


def _show(update: Update, widget: int, placement: Placement) -> None:
    """Give an annotation its appearance; an invisible one gets the stamp's place on its page."""
    held = update.dictionary(update.ref(widget))
    view = _page_of(update, held) or placement.view
    box = box_of(update, held.get("Rect"))
    invisible = box is None or box[0] == box[2] or box[1] == box[3]
    if box is None or invisible:
        if update.document.signatures:
            raise _invalid("it has no place to show, and earlier signatures keep it so")
        box = view.box(placement.stamp)
    flags = integer(update.resolve(held.get("F"))) or 0
    drawn = draw_stamp(update, placement.stamp, view, box)
    shown: dict[str, Value] = {"AP": {"N": drawn}, "F": flags & ~_HIDDEN | _PRINT}
    if invisible:
        shown["Rect"] = numbers(*box)
    update.replace(widget, {**held, **shown})


def _page_of(update: Update, widget: Dictionary) -> PageView | None:
    """Return the page that the annotation says it is on, if it is one."""
    number = update.number_of(widget.get("P"))
    if number is None or name(update.dictionary(widget.get("P")).get("Type")) != "Page":
        return None
    return view_of(update, number)


def _check_earlier_signatures(update: Update) -> None:
    """Leave the bytes of every earlier signature where they were signed.

    Some lie directly in a field, or even in the form: rewriting that would move them.
    """
    for signature in update.document.signatures:
        inside = signature.object_number
        holder = signature.field_number if inside is None else inside
        if holder is None or holder in update.changed:
            detail = f"{signature.name} would have to be rewritten"
            raise RefusedError("signing_forbidden", detail=detail)


def _own_number(field: FormField) -> int:
    if field.number is None:
        raise AssertionError("existing_field() returns fields with numbers only")
    return field.number


def _invalid(detail: str) -> RefusedError:
    return RefusedError("field_invalid", field="field", detail=detail)
