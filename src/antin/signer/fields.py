"""Which field of a PDF is to be signed, and whether earlier signatures allow it."""

from typing import Final

from antin.core.errors import RefusedError
from antin.core.limits import MAX_SIGNATURES
from antin.pdf.document import PdfDocument
from antin.pdf.fields import FormField

_MAX_NAME: Final = 200
_LOCKED_NAMES: Final = 20
"""Names that are tried beyond those of fields: a lock may name some that are no fields yet."""


def choose_field(document: PdfDocument, wanted: str | None, prefix: str = "Signature") -> str:
    """Return the name of the field to sign: ``wanted``, or ``prefix`` and the first free number.

    Full stops in ``wanted`` part the names of nested fields. Errors: ``field_taken`` when it is
    signed, ``field_invalid`` when it can't be a signature field's name.
    """
    if sum(field.kind == "Sig" for field in document.fields) >= MAX_SIGNATURES:
        raise RefusedError("signing_forbidden", detail="it has too many signature fields")
    if wanted is None:
        return _unused(document, prefix)
    if not all(part.strip() for part in wanted.split(".")):
        raise _invalid("not a usable field name")
    if len(wanted) > _MAX_NAME or not wanted.isprintable():
        raise _invalid("not a usable field name")
    existing_field(document, wanted)
    return wanted


def existing_field(document: PdfDocument, name: str) -> FormField | None:
    """Return the empty signature field called ``name``; None if no field is.

    Errors: ``field_taken``, ``field_invalid`` for a field of another kind.
    """
    found = [field for field in document.fields if field.name == name]
    for field in found:
        if document.final_view.resolve(field.value) is not None:
            raise RefusedError("field_taken", field=name)
        if field.kind != "Sig" or field.number is None:
            raise _invalid("another field has this name")
    return found[0] if found else None


def check_permissions(document: PdfDocument, field_name: str) -> None:
    """Raise ``signing_forbidden`` where the owner, or an earlier signature, forbids a further one.

    An encrypted file says what its owner allows (ISO 32000-2 table 22). DocMDP, and /P of a field's
    lock, may allow no change at all (§12.8.2.2, table 236); FieldMDP may lock the very field
    (§12.8.2.4): ``field_locked``. A signature against their will would break the earlier one.
    """
    _check_access(document, field_name)
    for signature in document.signatures:
        if signature.restrictions.permission == 1:
            raise _forbidden(f"{signature.name} allows no changes at all")
        if any(lock.covers(field_name) for lock in signature.restrictions.locks):
            raise RefusedError("field_locked", field=field_name, by=signature.name)


def _check_access(document: PdfDocument, field_name: str) -> None:
    access = document.access
    if not access.fill_fields:
        raise _forbidden("its owner allows nobody to sign it")
    if not access.make_fields and existing_field(document, field_name) is None:
        raise _forbidden("its owner allows signatures only in fields that are there already")
    if "AuthCode" in document.final_view.trailer:
        raise _forbidden("a code over the whole file would not fit any more")


def _unused(document: PdfDocument, prefix: str) -> str:
    taken = {field.name.split(".")[0] for field in document.fields}
    locks = [lock for one in document.signatures for lock in one.restrictions.locks]
    names = (f"{prefix}{number}" for number in range(1, len(taken) + _LOCKED_NAMES))
    free = [name for name in names if name not in taken]
    unlocked = (name for name in free if not any(lock.covers(name) for lock in locks))
    return next(unlocked, free[0])


def _invalid(detail: str) -> RefusedError:
    return RefusedError("field_invalid", field="field", detail=detail)


def _forbidden(detail: str) -> RefusedError:
    return RefusedError("signing_forbidden", detail=detail)
