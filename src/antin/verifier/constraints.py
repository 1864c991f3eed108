"""Constraints: what a policy may weigh, and how (docs/verifier.md gives the reason for each).

A list that allows: a finding that is not here weighs what its rule says, under any policy. What was
signed and is not there any more, a key that did not sign, a change that the signer forbade: no
policy makes that pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from antin.verifier.report import Finding, Severity


class Action(StrEnum):
    """What a policy does about a finding."""

    FAIL = "fail"
    WARN = "warn"
    INFORM = "inform"
    IGNORE = "ignore"


_SEVERITY: Final = {
    Action.FAIL: Severity.ERROR,
    Action.WARN: Severity.WARNING,
    Action.INFORM: Severity.INFO,
}
_OF_THE_FILE: Final = (
    "pdf_header_odd",
    "pdf_startxref_odd",
    "pdf_xref_row_odd",
    "pdf_xref_overlap",
    "pdf_size_too_small",
    "pdf_freed_number_used",
    "pdf_object_unlisted",
    "pdf_object_hidden",
    "pdf_trailer_incomplete",
    "pdf_object_unreadable",
    "pdf_object_stream_odd",
    "pdf_endobj_missing",
    "pdf_stream_odd",
    "pdf_endstream_missing",
    "pdf_stream_length_wrong",
    "pdf_duplicate_key",
    "pdf_dictionary_odd",
    "pdf_token_odd",
    "trailing_white_space",
    "usage_rights_signature",
    "validation_data_unreadable",
)
_OF_A_SIGNATURE: Final = (
    "signature_type_odd",
    "container_read_leniently",
    "attribute_not_judged",
    "subfilter_misleading",
    "signer_certificate_unprotected",
    "signature_policy_unavailable",
    "signature_policy_malformed",
    "signature_policy_implied",
    "timestamp_wrong_content",
    "timestamp_unproven",
    "path_revoked_later",
    "page_look_changed",
    "more_pages_look_changed",
    "content_covered",
    "pictures_unavailable",
)
WEIGHABLE: Final = (*_OF_THE_FILE, *_OF_A_SIGNATURE)
"""Codes of findings that ``[constraints]`` may name."""


@dataclass(frozen=True)
class Constraints:
    """What a policy does about findings; of codes that it does not name, what their rule says."""

    actions: Mapping[str, Action]

    def weigh(self, found: Finding) -> Finding | None:
        """Return ``found`` as it weighs here; None: it is to be left out."""
        action = self.actions.get(found.code)
        if action is None:
            return found
        severity = _SEVERITY.get(action)
        return None if severity is None else replace(found, severity=severity)

    def weigh_all(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """Return those of ``findings`` that are not left out, as they weigh here."""
        weighed = (self.weigh(found) for found in findings)
        return tuple(found for found in weighed if found is not None)
