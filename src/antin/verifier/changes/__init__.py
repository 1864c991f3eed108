"""What later revisions did to what a signature covers (ISO 32000-2 §12.8.2.2, EN 319 102-1 §5.2.2).

Each revision step is classified once (``steps.py``); a signature's level is the worst of the steps
after it, so that a change which is taken back later still counts.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Final

from antin.pdf.document import PdfDocument, SignatureField
from antin.pdf.restrictions import Restrictions
from antin.verifier.changes.attacks import is_undone
from antin.verifier.changes.change import Change, rank
from antin.verifier.changes.looks import look_findings
from antin.verifier.changes.steps import StepClassifier, StepResult
from antin.verifier.findings import finding, finding_with
from antin.verifier.looks import PageLooks
from antin.verifier.policy import Policy
from antin.verifier.report import ChangeLevel, ChangesAfter, Finding, Severity

_PERMITTED: Final = {
    1: ChangeLevel.LTA_UPDATES,
    2: ChangeLevel.FORM_FILLING,
    3: ChangeLevel.ANNOTATIONS,
}
"""DocMDP permissions; making a signature last is allowed under each (EN 319 142-1 §5.5)."""
_MAX_UNDONE: Final = 200
"""Changes of which one may be told to be taken back: it is only a word."""
_TOUCHES_FIELD: Final = frozenset(
    {"form_field_filled", "form_field_changed", "signature_added", "signature_field_added"}
)


def changes_after(
    document: PdfDocument,
    field: SignatureField,
    policy: Policy,
    looks: PageLooks | None = None,
) -> ChangesAfter:
    """Return what the revisions after ``field`` did, each change a finding with its place.

    A change beyond what ``policy`` and the signature itself allow is an error finding; one that is
    allowed is an information. ``level`` is None, with a finding that says why, when a step could
    not be judged. With ``looks``, the pages that changes reach are compared by their look as well.
    Never raises on the file's account.
    """
    if field.revision is None:
        reason = "the revision that was signed cannot be told"
        return ChangesAfter(None, (_undetermined(reason, None),))
    classifier = document.annex(StepClassifier)
    steps = {n: classifier.result(n) for n in range(field.revision + 1, document.revisions + 1)}
    findings = [item for n, step in steps.items() for item in _findings(n, step, field, policy)]
    hidden = [n for n, step in steps.items() if field.restrictions.locks and not step.is_whole]
    findings += [_undetermined("it changes more fields than are looked at", n) for n in hidden]
    level = None if hidden else _worst(tuple(steps.values()))
    if looks is not None:
        allowed = tuple(_may_show_in_place(tuple(steps.values()), field.restrictions, policy))
        seen = look_findings(document, field.revision, allowed, looks)
        findings += policy.constraints.weigh_all(tuple(seen))
    beyond = partial(is_beyond, restrictions=field.restrictions, policy=policy)
    return ChangesAfter(level, tuple(findings), _attacks(document, field.revision, steps, beyond))


def _attacks(
    document: PdfDocument,
    signed: int,
    steps: Mapping[int, StepResult],
    is_more: Callable[[Change], bool],
) -> tuple[Finding, ...]:
    """Return what changes that are not allowed look like, each attack once, at its first place."""
    named: dict[str, Finding] = {}
    for number, step in steps.items():
        if step.is_ambiguous:
            told = finding("attack_two_readings", Severity.WARNING, revision=number)
            named.setdefault(told.code, told)
        for change, codes in step.attacks.items():
            if is_more(change):
                named |= {c: _attack(c, change) for c in codes if c not in named}
    every = (change for step in steps.values() for change in step.changes)
    for change in islice(filter(is_more, every), _MAX_UNDONE):
        if is_undone(document, signed, change):
            return (*named.values(), _attack("attack_change_undone", change))
    return tuple(named.values())


def _attack(code: str, change: Change) -> Finding:
    return finding(
        code,
        Severity.ERROR,
        revision=change.revision,
        page=change.page,
        object_number=change.object_number,
    )


def _may_show_in_place(
    steps: tuple[StepResult, ...], restrictions: Restrictions, policy: Policy
) -> Iterator[Change]:
    """Yield the changes that are allowed, and may be seen where they are."""
    for step in steps:
        for change in step.changes:
            beyond = is_beyond(change, restrictions, policy)
            if not beyond and not _is_locked(change, restrictions):
                yield change


def _worst(steps: tuple[StepResult, ...]) -> ChangeLevel | None:
    levels = [step.level for step in steps]
    known = [level for level in levels if level is not None]
    if len(known) < len(levels):
        return None
    return max(known, key=rank, default=ChangeLevel.NONE)


def _findings(
    revision: int, step: StepResult, field: SignatureField, policy: Policy
) -> list[Finding]:
    if step.level is None:
        return [_undetermined(step.reason, revision)]
    found = [
        _finding(change, beyond=is_beyond(change, field.restrictions, policy))
        for change in step.changes
    ]
    found += [_locked(change) for change in step.changes if _is_locked(change, field.restrictions)]
    return found


def is_beyond(change: Change, restrictions: Restrictions, policy: Policy) -> bool:
    """Tell whether ``change`` is more than the signature or the policy allows."""
    # 1. The signature's own word (DocMDP) stands above every policy.
    permitted = _PERMITTED.get(restrictions.permission or 0, ChangeLevel.ANNOTATIONS)
    if rank(change.level) > rank(permitted):
        return True
    # 2. What the policy forbids by name, then what it allows by level or by name.
    if change.code in policy.never_changes:
        return True
    beyond_level = rank(change.level) > rank(policy.allowed_changes)
    return beyond_level and change.code not in policy.also_changes


def _finding(change: Change, *, beyond: bool) -> Finding:
    return finding_with(
        change.code,
        Severity.ERROR if beyond else Severity.INFO,
        _values(change),
        revision=change.revision,
        page=change.page,
        object_number=change.object_number,
    )


def _values(change: Change) -> dict[str, str | int]:
    values: dict[str, str | int] = {}
    if change.field is not None:
        values["field"] = change.field
    if change.keys:
        values["keys"] = ", ".join(f"/{key}" for key in change.keys)
    if change.object_number is not None:
        values["object"] = change.object_number
    return values


def _is_locked(change: Change, restrictions: Restrictions) -> bool:
    name = change.field
    if name is None or change.code not in _TOUCHES_FIELD:
        return False
    return any(lock.covers(name) for lock in restrictions.locks)


def _locked(change: Change) -> Finding:
    return finding(
        "form_field_locked",
        Severity.ERROR,
        revision=change.revision,
        page=change.page,
        object_number=change.object_number,
        field=change.field or "",
    )


def _undetermined(reason: str, revision: int | None) -> Finding:
    return finding("changes_undetermined", Severity.WARNING, revision=revision, reason=reason)
