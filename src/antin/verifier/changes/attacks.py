"""Names of known attacks: what a finding looks like to whoever knows the literature.

A name says more about a finding that is an error anyway; it never makes one. So a verdict does not
depend on anything here, and what is guessed wrong is a wrong word, not a wrong verdict.

The classes: universal signature forgery, incremental saving, signature wrapping (Mladenov et al.,
CCS 2019); shadow hide, replace, hide-and-replace (Mainka et al., NDSS 2021); evil annotation,
sneaky signature (Rohlmann et al., IEEE S&P 2021); and what else a later revision can do to a signed
document.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.pdf.objects import dictionary_of, name, same
from antin.verifier.changes import kinds
from antin.verifier.changes.change import Change, rank
from antin.verifier.changes.skeleton import is_signed, is_timestamp
from antin.verifier.changes.step import Step, differing_keys
from antin.verifier.findings import finding
from antin.verifier.report import ChangeLevel, Finding

_BY_FINDING: Final = {
    "signature_unreadable": "attack_signature_forgery",
    "signature_malformed": "attack_signature_forgery",
    "byte_range_malformed": "attack_signature_forgery",
    "byte_range_start": "attack_signature_forgery",
    "byte_range_outside": "attack_signature_forgery",
    "byte_range_gap": "attack_signature_wrapping",
    "byte_range_gap_elsewhere": "attack_signature_wrapping",
    "byte_range_shared": "attack_signature_wrapping",
    "byte_range_end": "attack_incremental_saving",
    "revision_end_unclear": "attack_incremental_saving",
    "trailing_bytes": "attack_incremental_saving",
    "signature_unreachable": "attack_signature_hidden",
    "digest_wrong": "attack_signed_bytes",
}
"""Findings about the structure of a file or a signature."""
_BYTE: Final = re.compile(r"at byte \d+$")
_BY_CODE: Final = {
    "annotation_added": "attack_evil_annotation",
    "annotation_changed": "attack_evil_annotation",
    "annotation_removed": "attack_shadow_hide",
    "dangling_reference_filled": "attack_planted_reference",
    "form_changed": "attack_form_altered",
    "form_field_added": "attack_form_altered",
    "form_field_changed": "attack_form_altered",
    "form_field_removed": "attack_form_altered",
    "information_changed": "attack_metadata_altered",
    "metadata_changed": "attack_metadata_altered",
    "page_added": "attack_pages_rearranged",
    "page_removed": "attack_pages_rearranged",
    "page_tree_changed": "attack_pages_rearranged",
    "pages_reordered": "attack_pages_rearranged",
    "signature_added": "attack_sneaky_signature",
    "signature_field_added": "attack_sneaky_signature",
    "signature_removed": "attack_signature_field",
    "timestamp_added": "attack_timestamp_vehicle",
    "trailer_changed": "attack_encryption_exchanged",
}
"""Changes that are named by their code, where nothing else about them says more."""
_BY_KEY: Final = {
    "A": "attack_action_added",
    "AA": "attack_action_added",
    "OpenAction": "attack_action_added",
    "URI": "attack_action_added",
    "AF": "attack_file_exchanged",
    "Collection": "attack_file_exchanged",
    "BleedBox": "attack_page_frame",
    "CropBox": "attack_page_frame",
    "MediaBox": "attack_page_frame",
    "Rotate": "attack_page_frame",
    "TrimBox": "attack_page_frame",
    "UserUnit": "attack_page_frame",
    "DSS": "attack_validation_data_vehicle",
    "Dests": "attack_navigation_altered",
    "Names": "attack_navigation_altered",
    "Outlines": "attack_navigation_altered",
    "PageLabels": "attack_navigation_altered",
    "PageLayout": "attack_navigation_altered",
    "PageMode": "attack_navigation_altered",
    "ViewerPreferences": "attack_navigation_altered",
    "Lang": "attack_structure_altered",
    "MarkInfo": "attack_structure_altered",
    "StructTreeRoot": "attack_structure_altered",
    "NeedsRendering": "attack_form_altered",
    "OCProperties": "attack_layers_switched",
    "Pages": "attack_pages_rearranged",
    "Resources": "attack_resources_redirected",
}
"""Keys of what a document is made of: those that differ, or that lead to what differs."""
_BY_KIND: Final = {
    "action": "attack_action_added",
    "bookmark": "attack_navigation_altered",
    "colours": "attack_colours_exchanged",
    "file": "attack_file_exchanged",
    "font": "attack_font_exchanged",
    "layer": "attack_layers_switched",
    "picture": "attack_shadow_replace",
    "structure": "attack_structure_altered",
}
"""What an object was that was overwritten (``kinds.kind_of``)."""
_APPEARANCE: Final = frozenset({"AP", "AS", "MK"})
_PLACE: Final = frozenset({"F", "Kids", "P", "Parent", "Rect", "T"})
_CLAIMS: Final = frozenset({"ContactInfo", "Location", "M", "Name", "Prop_Build", "Reason"})
"""Entries of a signature dictionary that a reader is shown."""
_BY_NAMES: Final = {
    "EmbeddedFiles": "attack_file_exchanged",
    "JavaScript": "attack_action_added",
}
"""Name trees of the catalogue."""
_OTHERWISE: Final = "attack_incremental_saving"
_NO_OBJECT: Final = 0
"""Never in use (ISO 32000-2 §7.5.4): the number of a change that is not of one object."""


def names_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return a finding for each attack that the errors among ``findings`` look like."""
    named: dict[str, Finding] = {}
    for one in findings:
        code = _BY_FINDING.get(one.code)
        if code is not None and (one.code != "signature_malformed" or _is_spoiled(one)):
            made = finding(code, one.severity, revision=one.revision, offset=one.offset)
            named.setdefault(code, made)
    return tuple(named.values())


def _is_spoiled(malformed: Finding) -> bool:
    """Tell bytes that are no container at all from one that breaks a rule, as careless ones do."""
    return _BYTE.search(str(dict(malformed.values).get("reason"))) is not None


def attacks_in(step: Step) -> dict[Change, tuple[str, ...]]:
    """Return the codes of the attacks that the changes beyond form filling look like."""
    beyond = [c for c in step.changes if rank(c.level) > rank(ChangeLevel.FORM_FILLING)]
    stamped = any(change.code == "timestamp_added" for change in step.changes)
    vehicle = ("attack_timestamp_vehicle",) if stamped else ()
    try:
        with step.before.graph.budget.aside():
            return {change: _names(step, change) + vehicle for change in beyond}
    except (InputError, RecursionError):
        return {}  # whatever goes wrong here is no reason to judge otherwise


def is_undone(document: PdfDocument, revision: int, change: Change) -> bool:
    """Tell whether what was changed after ``revision`` is now as it was then."""
    if change.object_number is None:
        return False
    try:
        was = document.view(revision).value(change.object_number)
        then = document.view(change.revision).value(change.object_number)
        now = document.final_view.value(change.object_number)
    except InputError:
        return False
    return same(was, now) and not same(was, then)


def _names(step: Step, change: Change) -> tuple[str, ...]:
    number = change.object_number or _NO_OBJECT
    found = _SPECIAL.get(change.code, _nothing)(step, change, number)
    return found or _plainly(step, change, number) or (_BY_CODE.get(change.code, _OTHERWISE),)


def _plainly(step: Step, change: Change, number: int) -> tuple[str, ...]:
    """Name a change by what the object was, or by the keys that differ."""
    was = step.old.value(number)
    kind = kinds.kind_of(was) or kinds.listed_kind(step, was)
    by_keys = tuple(dict.fromkeys(_BY_KEY[key] for key in change.keys if key in _BY_KEY))
    by_kind = (_BY_KIND[kind],) if kind in _BY_KIND else ()
    return by_keys or by_kind if number in step.before.roles else by_kind or by_keys


def _nothing(_step: Step, _change: Change, _number: int) -> tuple[str, ...]:
    return ()


def _catalog(step: Step, change: Change, number: int) -> tuple[str, ...]:
    if not same(step.old.trailer.get("Root"), step.new.trailer.get("Root")):
        return ("attack_catalog_exchanged",)
    if "Names" in change.keys:
        was, now = (view.dictionary(view.catalog.get("Names")) for view in (step.old, step.new))
        return tuple(_BY_NAMES[k] for k in sorted(differing_keys(was, now)) if k in _BY_NAMES)
    ready = "Pages" in change.keys and kinds.lay_ready(step, number)
    return _if(ready, "attack_shadow_hide_and_replace")


def _drawn(step: Step, _change: Change, number: int) -> tuple[str, ...]:
    """Name a change of a page, of its tree, or of something that is drawn on it."""
    if kinds.is_stored(step, number):
        return ("attack_validation_data_vehicle",)
    if kinds.lay_ready(step, number):
        return ("attack_shadow_hide_and_replace",)
    if kinds.acts(step, number):
        return ("attack_action_added",)
    if step.before.roles.get(number) is None and kinds.is_taken_away(step, number):
        return ("attack_shadow_hide",)
    return ()


def _new_page(step: Step, _change: Change, number: int) -> tuple[str, ...]:
    return _if(step.old.place(number) is not None, "attack_shadow_hide_and_replace")


def _annotation(step: Step, change: Change, number: int) -> tuple[str, ...]:
    owner = step.after.owners.get(number)
    if owner is not None and owner.kind == "Sig":
        stamps = is_timestamp(step.new, owner)
        return ("attack_timestamp_vehicle" if stamps else "attack_sneaky_signature",)
    subtype = name((dictionary_of(step.new.value(number)) or {}).get("Subtype"))
    if subtype == "FileAttachment":
        return ("attack_file_exchanged",)
    if kinds.acts(step, number):
        return ("attack_action_added",)
    taken = step.old.place(number) is not None and kinds.is_taken_away(step, number)
    return ("attack_shadow_hide" if taken else _BY_CODE[change.code],)


def _new_field(step: Step, change: Change, number: int) -> tuple[str, ...]:
    added = step.after.owners.get(number)
    if change.keys:
        return ()  # what it does says more than what it is
    return _if(added is not None and added.kind == "Sig", "attack_signature_field")


def _field(step: Step, change: Change, number: int) -> tuple[str, ...]:
    owner = step.before.owners.get(number)
    if kinds.acts(step, number):
        return ("attack_action_added",)
    signed = owner is not None and is_signed(step.old, owner)
    return (_signed_field if signed else _plain_field)(step, change, number)


def _plain_field(step: Step, change: Change, number: int) -> tuple[str, ...]:
    if kinds.is_taken_away(step, number):
        return ("attack_shadow_hide",)
    redrawn = bool(change.keys) and _APPEARANCE.issuperset(change.keys)
    return _if(redrawn, "attack_shadow_replace")


def _signed_field(step: Step, change: Change, number: int) -> tuple[str, ...]:
    if "V" in change.keys:
        return _value_exchanged(step, number)
    if not _PLACE.isdisjoint(change.keys):
        return ("attack_signature_field",)
    return _if(not _APPEARANCE.isdisjoint(change.keys), "attack_signature_appearance")


def _signature(step: Step, _change: Change, number: int) -> tuple[str, ...]:
    return _value_exchanged(step, number)


def _value_exchanged(step: Step, number: int) -> tuple[str, ...]:
    """Name what became of the dictionary that a signed field held."""
    was = step.old.dictionary((dictionary_of(step.old.value(number)) or {}).get("V"))
    now = step.new.dictionary((dictionary_of(step.new.value(number)) or {}).get("V"))
    if not now:
        return ()
    keys = differing_keys(was, now)
    if keys and keys <= _CLAIMS:
        return ("attack_signature_entries",)
    whole = {"ByteRange", "Contents"} <= now.keys()
    return ("attack_signature_wrapping" if whole else "attack_signature_forgery",)


def _if(condition: bool, code: str) -> tuple[str, ...]:  # noqa: FBT001 — the condition of a row
    return (code,) if condition else ()


_SPECIAL: Final[Mapping[str, Callable[[Step, Change, int], tuple[str, ...]]]] = {
    "annotation_added": _annotation,
    "annotation_changed": _annotation,
    "catalog_changed": _catalog,
    "form_field_added": _new_field,
    "form_field_changed": _field,
    "object_overwritten": _drawn,
    "object_removed": _drawn,
    "page_added": _new_page,
    "page_content_changed": _drawn,
    "page_tree_changed": _drawn,
    "signature_removed": _signature,
}
"""What a name needs to be looked at for; else it goes by kind, keys and code."""
