"""Rules for trailer and catalogue: what of the document as a whole may change."""

from typing import Final

from antin.pdf.objects import Ref
from antin.verifier.changes.skeleton import Role
from antin.verifier.changes.step import Step, differing_keys
from antin.verifier.report import ChangeLevel

_TRAILER_KEYS: Final = frozenset({"Encrypt"})
"""All else in a trailer steers reading the file, or is judged where it leads to."""
_CATALOG_FREE: Final = frozenset({"AcroForm", "DSS", "Extensions", "Metadata", "Version"})
"""Judged by rules of their own, or without any effect on what a document shows."""
_HARMLESS: Final = {
    (Role.CATALOG, "DSS"): "validation_data_added",
    (Role.CATALOG, "Extensions"): None,
}
"""Ways into parts of a document that nobody sees on a page, and the code of a change there."""


def judge_trailer(step: Step) -> None:
    """Stop a change of encryption: the same bytes would say something else."""
    keys = differing_keys(step.old.trailer, step.new.trailer)
    forbidden = keys & _TRAILER_KEYS
    if forbidden:
        step.report("trailer_changed", ChangeLevel.OTHER, keys=forbidden)


def judge_catalog(step: Step) -> None:
    """Stop changes of what the catalogue rules: actions, names, layers, the page tree."""
    keys = differing_keys(step.old.catalog, step.new.catalog)
    forbidden = keys - _CATALOG_FREE
    root = step.old.trailer.get("Root")
    number = root.number if isinstance(root, Ref) else None
    if forbidden:
        step.report("catalog_changed", ChangeLevel.OTHER, number=number, keys=forbidden)
    if "DSS" in keys:
        step.report("validation_data_added", ChangeLevel.LTA_UPDATES)
    if number is not None:
        step.explained.add(number)
    if number in step.changed and "stream" in step.keys_changed(number):
        step.report("object_overwritten", ChangeLevel.OTHER, number=number)


def judge_invisible_parts(step: Step) -> None:
    """Explain changed objects that belong to validation data and to nothing else.

    The other half of that sentence is what counts: an object that a page uses as well is a page's.
    """
    touched = step.changed | step.removed | _filled_gaps(step)
    for number in sorted(touched - step.explained):
        ways = {(role, key) for _, role, key in step.entries(number)}
        if ways and ways <= _HARMLESS.keys():
            step.explained.add(number)
            for way in sorted(ways):
                code = _HARMLESS[way]
                if code is not None:
                    step.report(code, ChangeLevel.LTA_UPDATES)


def _filled_gaps(step: Step) -> set[int]:
    return {number for number in step.added if step.is_referenced(number)}
