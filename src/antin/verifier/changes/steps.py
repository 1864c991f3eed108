"""Classifying a step: every rule in turn, then what they left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from antin.core.codes import FINDINGS
from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.verifier.changes import (
    document_rules,
    double_use,
    form_rules,
    leftovers,
    metadata,
    page_rules,
)
from antin.verifier.changes.attacks import attacks_in
from antin.verifier.changes.change import Change
from antin.verifier.changes.skeleton import Skeleton
from antin.verifier.changes.skeletons import Skeletons
from antin.verifier.changes.step import Step
from antin.verifier.report import ChangeLevel

_RULES: Final[tuple[Callable[[Step], None], ...]] = (
    document_rules.judge_trailer,
    document_rules.judge_catalog,
    page_rules.judge_page_list,
    page_rules.judge_page_dictionaries,
    page_rules.judge_annotation_lists,
    form_rules.judge_form,
    form_rules.judge_field_list,
    form_rules.judge_fields,
    page_rules.judge_annotations,
    form_rules.judge_field_parts,
    metadata.judge_information,
    metadata.judge_metadata,
    double_use.judge_double_use,
    document_rules.judge_invisible_parts,
    leftovers.judge_overwritten,
    leftovers.judge_removed,
    leftovers.judge_filled_gaps,
)


@dataclass(frozen=True)
class StepResult:
    """What one revision did; ``level`` None when it could not be determined."""

    level: ChangeLevel | None
    changes: tuple[Change, ...] = ()
    reason: str = ""
    """Why the level is None."""
    attacks: Mapping[Change, tuple[str, ...]] = field(default_factory=dict)
    """Codes of the attacks that changes beyond form filling look like."""
    is_whole: bool = True
    """Whether no change was left out."""
    is_ambiguous: bool = False
    """Whether ``level`` is None because the revision can be read in more ways than one."""


class StepClassifier:
    """Classifies the revisions of one file, each once."""

    def __init__(self, document: PdfDocument) -> None:
        self._document = document
        self._skeletons = Skeletons(document)
        self._results: dict[int, StepResult] = {}

    def result(self, revision: int) -> StepResult:
        """Return what ``revision`` (2 or more) did to the one before it."""
        if revision not in self._results:
            self._results[revision] = self._classify(revision)
        return self._results[revision]

    def step(self, revision: int) -> Step:
        """Return what ``revision`` touched, not judged. Error: ``InputError``."""
        return Step(self._document, revision, self._skeletons)

    def skeleton(self, revision: int) -> Skeleton:
        """Return the skeleton of ``revision``. Error: ``InputError``."""
        return self._skeletons.of(revision)

    def _classify(self, revision: int) -> StepResult:
        try:
            self._check_readable(revision)
            step = self.step(revision)
            for rule in _RULES:
                rule(step)
        except InputError as error:
            ambiguous = error.code == "pdf_malformed"
            return StepResult(None, reason=error.detail.removesuffix("."), is_ambiguous=ambiguous)
        except RecursionError:
            return StepResult(None, reason="it is nested too deeply")
        attacks = attacks_in(step)
        return StepResult(step.level, step.changes, attacks=attacks, is_whole=step.is_whole)

    def _check_readable(self, revision: int) -> None:
        """Refuse to judge a revision that can be read in more ways than one.

        A file that was odd before is put up with; what a revision brings to it has to be clean.
        """
        odd = self._document.brought_by(revision)
        if odd:
            detail = FINDINGS[odd[0].code].removesuffix(".")
            raise InputError("pdf_malformed", detail=detail)
