"""What a signature forbids or makes final from then on: certification, locks of fields.

ISO 32000-2 §12.8.2.2 (DocMDP) and §12.8.2.4 (FieldMDP). Whether earlier signatures allow a new one
is said in ``fields.py``; what later changes mean for a signature, in ``verifier/changes``.
"""

from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError, RefusedError
from antin.pdf.document import PdfDocument
from antin.pdf.fields import FormField
from antin.pdf.objects import Dictionary, Name, Ref, Value, integer, name, text_string
from antin.pdf.restrictions import FieldLock
from antin.pdf.writer import Update
from antin.signer.request import Certification

_ACTIONS: Final = frozenset({"All", "Include", "Exclude"})
_PERMISSIONS: Final = frozenset({1, 2, 3})


@dataclass(frozen=True)
class Rules:
    """What a new signature is to say about later changes."""

    certify: Certification | None = None
    lock: FieldLock | None = None


NO_RULES: Final = Rules()


def check_certification(document: PdfDocument, certify: Certification | None) -> None:
    """Raise ``certification_not_first`` unless a certification may be the next signature.

    It is the first signature of its file, and there is one at most (ISO 32000-2 §12.8.2.2.1).
    """
    if certify is None:
        return
    if document.signatures:
        earlier = document.signatures[0].name
        raise RefusedError("certification_not_first", detail=f"it is signed in {earlier}")
    view = document.final_view
    permissions = view.dictionary(view.catalog.get("Perms"))
    if view.resolve(permissions.get("DocMDP")) is not None:
        raise RefusedError("certification_not_first", detail="it calls itself certified already")


def references(update: Update, field: FormField | None, rules: Rules) -> Dictionary:
    """Return the entry /Reference of a signature in ``field`` (None: a new one), if there is one.

    An empty field's own lock is what its author wants: it is honoured, and neither left out nor
    replaced. Errors: ``pdf_malformed`` for a lock that says nothing clear, ``field_invalid`` where
    another one was asked for.
    """
    found: list[Value] = []
    if rules.certify is not None:
        found.append(_reference("DocMDP", {"P": rules.certify.permission}))
    own = update.dictionary(field.dictionary.get("Lock")) if field else {}
    if own and rules.lock is not None:
        raise RefusedError("field_invalid", field="lock", detail="the field has one of its own")
    lock = _read(update, own) if own else written_lock(rules.lock)
    if lock:
        locks = _reference("FieldMDP", lock)
        found.append({**locks, "Data": update.view.trailer.get("Root")})
    return {"Reference": tuple(found)} if found else {}


def written_lock(lock: FieldLock | None) -> Dictionary:
    """Return what a field's lock and a signature say alike: /Action, and /Fields where needed."""
    if lock is None:
        return {}
    fields = tuple(text_string(one) for one in sorted(lock.fields))
    return {"Action": Name(lock.action)} | ({} if lock.action == "All" else {"Fields": fields})


def add_lock(update: Update, lock: FieldLock | None) -> Dictionary:
    """Return the entry /Lock of a new field; an object of its own (ISO 32000-2 table 235)."""
    if lock is None:
        return {}
    return {"Lock": update.add({"Type": Name("SigFieldLock"), **written_lock(lock)})}


def record_certification(update: Update, signature: Ref, certify: Certification | None) -> None:
    """Let the catalog name the certification (ISO 32000-2 §12.8.6)."""
    if certify is None:
        return
    held = update.catalog.get("Perms")
    number, permissions = update.number_of(held), update.dictionary(held)
    extended = {**permissions, "DocMDP": signature}
    if number is not None:
        update.replace(number, extended)
    else:
        update.set_catalog_entry("Perms", extended)


def _reference(method: str, parameters: Dictionary) -> Dictionary:
    """Return a signature reference; no digest in it, which PDF/A forbids (ISO 19005-2 §6.1.12)."""
    return {
        "Type": Name("SigRef"),
        "TransformMethod": Name(method),
        "TransformParams": {"Type": Name("TransformParams"), "V": Name("1.2"), **parameters},
    }


def _read(update: Update, lock: Dictionary) -> Dictionary:
    """Return what a signature repeats of the lock that its field carries.

    /P is in the lock since PDF 2.0 (table 236); programs look for it in the signature as well.
    """
    action = name(update.resolve(lock.get("Action")))
    fields = tuple(update.resolve(item) for item in update.array(lock.get("Fields")))
    if action not in _ACTIONS or not all(isinstance(item, bytes) for item in fields):
        raise InputError("pdf_malformed", detail="the lock of the field is none")
    said: dict[str, Value] = {"Action": Name(action)}
    if action != "All":
        said["Fields"] = fields
    permission = update.resolve(lock.get("P"))
    if permission is not None:
        if integer(permission) not in _PERMISSIONS:
            raise InputError("pdf_malformed", detail="the lock of the field is none")
        said["P"] = permission
    return said
