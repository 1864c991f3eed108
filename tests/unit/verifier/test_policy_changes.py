"""What a policy allows after signing: by level, by name, and never against the signature."""

from dataclasses import replace
from io import BytesIO

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    append_signature_field,
)

from antin.verifier.building_blocks import changes
from antin.verifier.changes import changes_after
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel
from tests.pdfs import FORM, appended, form_letter, letter, opened, signed

FILLED = {20: FORM[20].replace(b"/V()", b"/V(A)")}
NOTE = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(paid)>>"
PAGE_2 = b"<</Type/Page/Parent 2 0 R/Resources<</Font<</F 3 0 R>>>>/Contents 111 0 R%b>>"
NOTED = {11: PAGE_2 % b"/Annots[20 0 R 50 0 R]", 50: NOTE}
OVERWRITTEN = {111: FORM[21]}
PASSED = ("TOTAL-PASSED", "info")
FAILED = ("TOTAL-FAILED", "error")
FIELDS = 250


def judged(
    data: bytes, code: str, allowed: str = "form-filling", also: str = "", never: str = ""
) -> tuple[str, str]:
    """Return the indication and the severity of the finding ``code`` under such a policy."""
    policy = replace(
        default_policy(),
        allowed_changes=ChangeLevel(allowed),
        also_changes=frozenset({also} - {""}),
        never_changes=frozenset({never} - {""}),
    )
    document = opened(data)
    after = changes_after(document, document.signatures[0], policy)
    (severity,) = {str(f.severity) for f in after.findings if f.code == code}
    return str(changes(after, policy).indication), severity


def test_a_change_beyond_the_level_is_allowed_by_name() -> None:
    data = appended(signed(form_letter()), NOTED)
    assert judged(data, "annotation_added") == FAILED
    assert judged(data, "annotation_added", also="annotation_changed") == FAILED
    assert judged(data, "annotation_added", also="annotation_added") == PASSED
    assert judged(data, "annotation_added", "none", also="annotation_added") == PASSED


def test_what_is_allowed_by_name_is_no_attack() -> None:
    document = opened(appended(signed(form_letter()), NOTED))
    lax = replace(default_policy(), also_changes=frozenset({"annotation_added"}))
    named = [
        {str(f.severity) for f in changes_after(document, document.signatures[0], policy).attacks}
        for policy in (default_policy(), lax)
    ]
    assert named == [{"error"}, set()]


def test_a_change_within_the_level_is_forbidden_by_name() -> None:
    data = appended(signed(form_letter()), FILLED)
    assert judged(data, "form_field_filled") == PASSED
    assert judged(data, "form_field_filled", never="form_field_filled") == FAILED
    assert judged(data, "form_field_filled", also=(n := "form_field_filled"), never=n) == FAILED


@pytest.mark.parametrize(
    ("permission", "expected"),
    [(MDPPerm.NO_CHANGES, FAILED), (MDPPerm.FILL_FORMS, FAILED), (MDPPerm.ANNOTATE, PASSED)],
)
def test_no_policy_allows_what_the_signature_forbids(
    permission: MDPPerm, expected: tuple[str, str]
) -> None:
    data = signed(form_letter(), certify=True, docmdp_permissions=permission)
    noted = appended(data, NOTED)
    assert judged(noted, "annotation_added", also="annotation_added") == expected
    assert judged(noted, "annotation_added", "annotations") == expected


def test_no_policy_allows_what_no_rule_allows() -> None:
    data = appended(signed(form_letter()), NOTED | OVERWRITTEN)
    for also in ("", "annotation_added"):
        assert judged(data, "page_content_changed", "annotations", also=also) == FAILED


def many_fields(*, locked: str | None = None) -> tuple[bytes, dict[int, bytes]]:
    """Return a signed form of many fields and a note, and all of the fields filled in."""
    field = b"<</FT/Tx/T(f%d)/V(%b)>>"
    numbers = range(1000, 1000 + FIELDS)
    listed = b" ".join(b"%d 0 R" % number for number in numbers)
    data = letter(
        catalog=b"/AcroForm<</Fields[%b]/DA(/F 12 Tf)>>" % listed,
        page=b"/Annots[50 0 R]",
        more={50: NOTE} | {number: field % (number, b"") for number in numbers},
    )
    if locked:
        writer = IncrementalPdfFileWriter(BytesIO(data))
        lock = FieldMDPSpec(FieldMDPAction.INCLUDE, [locked])
        append_signature_field(writer, SigFieldSpec("Sig1", field_mdp_spec=lock))
        out = BytesIO()
        writer.write(out)
        data = out.getvalue()
    return signed(data), {number: field % (number, b"A") for number in numbers}


def test_a_kind_of_change_is_named_however_many_others_there_are() -> None:
    """Notes are looked at last, when more changes than are kept have been found."""
    data, filled = many_fields()
    crowded = appended(data, filled | {50: NOTE.replace(b"paid", b"owed")})
    code = "annotation_changed"
    assert judged(crowded, code, also="form_field_filled") == FAILED
    assert judged(crowded, code, "annotations") == PASSED
    assert judged(crowded, code, "annotations", never=code) == FAILED
    assert judged(crowded, "form_field_filled", also=code) == PASSED


def test_a_locked_field_is_not_lost_among_very_many_others() -> None:
    data, filled = many_fields(locked=f"f{1000 + FIELDS - 1}")
    assert judged(appended(data, filled), "changes_undetermined")[0] == "INDETERMINATE"
    few = {number: filled[number] for number in list(filled)[:3]}
    assert judged(appended(data, few), "form_field_filled") == PASSED
    last = {number: filled[number] for number in list(filled)[-3:]}
    assert judged(appended(data, last), "form_field_locked") == FAILED
