"""What no rule explained: a change is allowed by a rule, never for want of an objection."""

from antin.pdf.objects import Stream, name
from antin.verifier.changes.skeleton import Role
from antin.verifier.changes.step import Step
from antin.verifier.report import ChangeLevel


def judge_overwritten(step: Step) -> None:
    """Name every changed object that stays unexplained and that the signed document uses."""
    for number in sorted(step.changed - step.explained):
        if step.is_referenced(number):
            _locate(step, number, "object_overwritten")
        elif _is_container(step, number):
            step.report("object_overwritten", ChangeLevel.OTHER, number=number)


def judge_removed(step: Step) -> None:
    """Name every object that the signed document uses and that was taken away."""
    for number in sorted(step.removed - step.explained):
        if step.is_referenced(number) or _is_container(step, number):
            _locate(step, number, "object_removed")


def judge_filled_gaps(step: Step) -> None:
    """Stop planted references: the signed document names an object that only now comes to exist.

    What such a reference showed when it was signed was nothing; whoever planted it chose later.
    """
    for number in sorted(step.added - step.explained):
        if step.is_referenced(number):
            step.report("dangling_reference_filled", ChangeLevel.OTHER, number=number)


def _locate(step: Step, number: int, code: str) -> None:
    """Report by the page that shows the object, if one does."""
    ways = step.entries(number)
    if ways and all(role is Role.ANNOTATION for _, role, _ in ways):
        for anchor, _, _ in ways:
            page = step.before.annotation_pages.get(anchor)
            step.report("annotation_changed", ChangeLevel.ANNOTATIONS, page=page, number=number)
        return
    pages = [
        (step.before.tree.page_number(anchor), key)
        for anchor, role, key in ways
        if role is Role.PAGE
    ]
    for page, key in pages:
        step.report(
            "page_content_changed", ChangeLevel.OTHER, page=page, number=number, keys=(key,)
        )
    if not pages:
        step.report(code, ChangeLevel.OTHER, number=number)


def _is_container(step: Step, number: int) -> bool:
    """Tell whether the old object is an object stream: overwriting it rewrites what it holds."""
    value = step.old.value(number)
    return isinstance(value, Stream) and name(value.dictionary.get("Type")) == "ObjStm"
