"""What a signature says that may not be changed after it: DocMDP and FieldMDP."""

from dataclasses import dataclass
from typing import Final

from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Value, integer, name, text

USAGE_RIGHTS: Final = ("UR", "UR3")
"""Entries of /Perms, and what the signatures there are for (ISO 32000-2 §12.8.2.3)."""
_DEFAULT_PERMISSION: Final = 2


@dataclass(frozen=True)
class FieldLock:
    """Fields whose values are final (ISO 32000-2 §12.8.2.4)."""

    action: str
    """``All``, ``Include`` or ``Exclude``."""
    fields: frozenset[str]

    def covers(self, field: str) -> bool:
        """Tell whether the fully qualified ``field``, or one above it, is locked."""
        named = any(field == entry or field.startswith(entry + ".") for entry in self.fields)
        match self.action:
            case "Include":
                return named
            case "Exclude":
                return not named
            case _:
                return True


@dataclass(frozen=True)
class Restrictions:
    """What one signature restricts."""

    permission: int | None = None
    """DocMDP: 1 nothing, 2 form filling and signing, 3 annotations as well; None: says nothing."""
    locks: tuple[FieldLock, ...] = ()


def restrictions_of(view: View, signature: Dictionary, field: Dictionary) -> Restrictions:
    """Return what a signature and the lock of its field restrict; what is unclear restricts most.

    Since PDF 2.0 an approval restricts by /P of that lock, which widespread programs repeat in the
    parameters of FieldMDP (ISO 32000-2 table 236).
    """
    lock = view.dictionary(field.get("Lock"))
    permission = _permission(view, lock) if _has_permission(view, lock) else None
    locks: list[FieldLock] = []
    for item in view.array(signature.get("Reference")):
        reference = view.dictionary(item)
        parameters = view.dictionary(reference.get("TransformParams"))
        match name(view.resolve(reference.get("TransformMethod"))):
            case "DocMDP":
                permission = min(permission or 3, _permission(view, parameters))
            case "FieldMDP":
                locks.append(_lock(view, parameters))
                if _has_permission(view, parameters):
                    permission = min(permission or 3, _permission(view, parameters))
    return Restrictions(permission, tuple(locks))


def gives_usage_rights(view: View, item: Value) -> bool:
    """Tell whether the signature dictionary ``item`` is made for usage rights and nothing else."""
    references = [
        view.dictionary(one) for one in view.array(view.dictionary(item).get("Reference"))
    ]
    methods = {name(view.resolve(one.get("TransformMethod"))) for one in references}
    return bool(methods) and methods <= set(USAGE_RIGHTS)


def _has_permission(view: View, parameters: Dictionary) -> bool:
    return view.resolve(parameters.get("P")) is not None


def _permission(view: View, parameters: Dictionary) -> int:
    stated = integer(view.resolve(parameters.get("P", _DEFAULT_PERMISSION)))
    return stated if stated in {1, 2, 3} else 1


def _lock(view: View, parameters: Dictionary) -> FieldLock:
    action = name(view.resolve(parameters.get("Action"))) or "All"
    fields = (text(view.resolve(entry)) for entry in view.array(parameters.get("Fields")))
    return FieldLock(action, frozenset(fields))
