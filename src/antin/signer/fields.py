"""Signature fields of a PDF that is about to be signed."""

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPSpec, enumerate_sig_fields

from antin.core.errors import RefusedError
from antin.core.limits import MAX_SIGNATURES
from antin.signer.pdf_objects import entry

_MAX_NAME: Final = 200


def choose_field(
    writer: IncrementalPdfFileWriter, wanted: str | None, prefix: str = "Signature"
) -> str:
    """Return the name of the field to sign: ``wanted``, or ``prefix`` and the first free number.

    Errors: ``field_taken`` when it is signed, ``field_invalid`` when it can't be a field's name.
    """
    if wanted is None:
        return _unused(writer, prefix)
    if not wanted.strip() or len(wanted) > _MAX_NAME or not wanted.isprintable():
        raise RefusedError("field_invalid", field="field", detail="not a usable field name")
    for name, value, _ in signature_fields(writer):
        if name == wanted and value is not None:
            raise RefusedError("field_taken", field=wanted)
    return wanted


def signature_fields(
    writer: IncrementalPdfFileWriter,
) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, value (None: not signed) and dictionary of every signature field."""
    found: Any = enumerate_sig_fields(writer)
    for count, (name, _, reference) in enumerate(found):
        if count >= MAX_SIGNATURES:
            raise RefusedError("signing_forbidden", detail="it has too many signature fields")
        field = reference.get_object()
        # The library's own value is a reference as it stands, or what "filled" makes of it.
        yield str(name), entry(field, "/V"), field


def check_permissions(writer: IncrementalPdfFileWriter, field_name: str) -> None:
    """Raise ``signing_forbidden`` where an earlier signature forbids a further one.

    DocMDP P=1 allows no change at all, and FieldMDP may lock the very field (ISO 32000-2
    §12.8.2.2, §12.8.2.4); a signature against their will would break the earlier one.
    """
    for name, signature, field in signature_fields(writer):
        if signature is None:
            continue
        for method, parameters in _transforms(signature):
            if method == "/DocMDP" and entry(parameters, "/P", 2) == 1:
                raise RefusedError("signing_forbidden", detail=f"{name} allows no changes at all")
            if method == "/FieldMDP" and _locks(parameters, field_name):
                raise RefusedError("signing_forbidden", detail=f"{name} locks {field_name}")
        if entry(entry(field, "/Lock", {}), "/P") == 1:
            raise RefusedError("signing_forbidden", detail=f"{name} locks the document")


def _transforms(signature: Any) -> Iterator[tuple[str, Any]]:
    for item in entry(signature, "/Reference", ()):
        transform = item.get_object()
        yield str(entry(transform, "/TransformMethod")), entry(transform, "/TransformParams", {})


def _locks(parameters: Any, field_name: str) -> bool:
    return FieldMDPSpec.from_pdf_object(parameters).is_locked(field_name)


def _unused(writer: IncrementalPdfFileWriter, prefix: str) -> str:
    taken = set()
    for item in entry(entry(writer.root, "/AcroForm", {}), "/Fields", ()):
        field = item.get_object()
        if isinstance(field, generic.DictionaryObject):
            taken.add(str(entry(field, "/T", "")))
    names = (f"{prefix}{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
