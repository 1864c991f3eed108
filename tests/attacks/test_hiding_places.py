"""A signature is found wherever a viewer finds it, and told of where no viewer does."""

from collections.abc import Mapping

import pytest

from antin.verifier.report import Conclusion, Report
from tests.attacks.bases import PLACEHOLDER, by_openssl, by_pyhanko, completed, office
from tests.attacks.letter import honest_letter
from tests.attacks.update import Update
from tests.pdf_forms import add_revision
from tests.pdfs import appended, letter
from tests.signedpdf import check

WIDGET = b"/Type/Annot/Subtype/Widget/Rect[0 0 0 0]/F 4/P 10 0 R"
FORM = b"/AcroForm<</Fields[70 0 R]/SigFlags 3>>"


def placed(
    objects: Mapping[int, bytes], catalog: bytes = FORM, page: bytes = b"/Annots[70 0 R]"
) -> Report:
    """Return the report on a letter whose object 80 is a signature, reached by ``objects``."""
    made = letter(1, catalog=catalog, page=page, more={**objects, 80: PLACEHOLDER})
    return check(completed(made, office().officer), office().trust)


REACHED: dict[str, tuple[dict[int, bytes], bytes, str]] = {
    # objects; what the catalogue says of the form; name of the field
    "field": ({70: b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET}, FORM, "a"),
    "nested fields": (
        {
            70: b"<</T(a)/Kids[71 0 R]>>",
            71: b"<</T(b)/Parent 70 0 R/Kids[72 0 R]>>",
            72: b"<</FT/Sig/T(c)/Parent 71 0 R/V 80 0 R%b>>" % WIDGET,
        },
        FORM,
        "a.b.c",
    ),
    "type inherited": (
        {70: b"<</FT/Sig/T(a)/Kids[71 0 R]>>", 71: b"<</T(b)/Parent 70 0 R/V 80 0 R%b>>" % WIDGET},
        FORM,
        "a.b",
    ),
    "value above its widgets": (
        {70: b"<</FT/Sig/T(a)/V 80 0 R/Kids[71 0 R]>>", 71: b"<</Parent 70 0 R%b>>" % WIDGET},
        FORM,
        "a",
    ),
    "value in a field without a name": (
        {70: b"<</FT/Sig/T(a)/Kids[71 0 R]>>", 71: b"<</Parent 70 0 R/V 80 0 R%b>>" % WIDGET},
        FORM,
        "a",
    ),
    "field of another type": ({70: b"<</FT/Tx/T(a)/V 80 0 R%b>>" % WIDGET}, FORM, "a"),
    "field of no type": ({70: b"<</T(a)/V 80 0 R%b>>" % WIDGET}, FORM, "a"),
    "field in the list itself": (
        {},
        b"/AcroForm<</Fields[<</FT/Sig/T(a)/V 80 0 R>>]/SigFlags 3>>",
        "a",
    ),
    "list by reference": (
        {70: b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET, 71: b"[70 0 R]"},
        b"/AcroForm<</Fields 71 0 R>>",
        "a",
    ),
    "form by reference": (
        {70: b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET, 71: b"<</Fields[70 0 R]>>"},
        b"/AcroForm 71 0 R",
        "a",
    ),
    "field on no page": ({70: b"<</FT/Sig/T(a)/V 80 0 R>>"}, FORM, "a"),
    "name in another spelling": ({70: b"<</F#54/Sig/#54(a)/#56 80 0 R%b>>" % WIDGET}, FORM, "a"),
}


@pytest.mark.parametrize("name", REACHED)
def test_signature_is_found(name: str) -> None:
    objects, catalog, field = REACHED[name]
    report = placed(objects, catalog)
    assert [(s.field, str(s.indication)) for s in report.signatures] == [(field, "TOTAL-PASSED")]
    assert report.conclusion is Conclusion.PASSED
    assert report.findings == ()


def test_signature_that_is_its_fields_own_dictionary() -> None:
    field = b"<</FT/Sig/T(a)/V %b%b>>" % (PLACEHOLDER, WIDGET)
    made = letter(1, catalog=FORM, page=b"/Annots[70 0 R]", more={70: field})
    report = check(completed(made, office().officer), office().trust)
    assert (report.conclusion, [s.field for s in report.signatures]) == (Conclusion.PASSED, ["a"])


UNREACHED: dict[str, tuple[dict[int, bytes], bytes]] = {
    "field outside the form": ({70: b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET}, b""),
    "field beside the form's list": (
        {70: b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET},
        b"/AcroForm<</Fields[]>>",
    ),
    "field above a widget, outside the form": (
        {70: b"<</Parent 71 0 R%b>>" % WIDGET, 71: b"<</FT/Sig/T(a)/V 80 0 R/Kids[70 0 R]>>"},
        b"",
    ),
    "permission of the document only": ({}, b"/Perms<</DocMDP 80 0 R>>"),
    "no field at all": ({}, b""),
    "text field's value one step further": (
        {70: b"<</FT/Tx/T(a)/V 71 0 R%b>>" % WIDGET, 71: b"<</Next 80 0 R>>"},
        FORM,
    ),
}


@pytest.mark.parametrize("name", UNREACHED)
def test_signature_that_no_field_shows_is_told_of(name: str) -> None:
    objects, catalog = UNREACHED[name]
    report = placed(objects, catalog)
    assert report.signatures == ()
    assert report.conclusion is Conclusion.FAILED
    codes = [found.code for found in report.findings]
    assert codes == ["signature_unreachable", "attack_signature_hidden"]


def test_certification_put_aside_before_a_further_signature() -> None:
    """The second signer signs a file in which the first signature is a permission only."""
    objects = {70: b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET, 80: PLACEHOLDER}
    catalog = b"/AcroForm 71 0 R/Perms<</DocMDP 80 0 R>>"
    form = {71: b"<</Fields[70 0 R]/SigFlags 3>>"}
    made = letter(1, catalog=catalog, page=b"/Annots[70 0 R]", more=objects | form)
    certified = completed(made, office().officer)
    emptied = appended(certified, {71: b"<</Fields[]>>"})
    report = check(by_openssl(emptied, office().other, "Second"), office().trust)
    assert [s.field for s in report.signatures] == ["Second"]
    assert report.conclusion is Conclusion.FAILED
    assert "signature_unreachable" in [found.code for found in report.findings]


def test_one_signature_under_two_fields_is_one() -> None:
    objects = {
        70: b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET,
        71: b"<</FT/Sig/T(b)/V 80 0 R>>",
    }
    report = placed(objects, b"/AcroForm<</Fields[70 0 R 71 0 R]>>")
    assert [s.field for s in report.signatures] == ["a"]
    assert "signature_shared" in [w.code for w in report.signatures[0].warnings]


def test_two_fields_of_one_name_are_two_signatures() -> None:
    first = by_openssl(honest_letter(), office().officer, "Sig")
    report = check(by_openssl(first, office().other, "Sig"), office().trust)
    assert [s.field for s in report.signatures] == ["Sig", "Sig"]
    assert len({s.signer and s.signer.subject for s in report.signatures}) == 2
    assert report.conclusion is Conclusion.PASSED


def test_a_stranger_under_the_same_name_does_not_hide() -> None:
    first = by_openssl(honest_letter(), office().officer, "Sig")
    report = check(by_openssl(first, office().stranger, "Sig"), office().trust)
    assert [str(s.indication) for s in report.signatures] == ["TOTAL-PASSED", "INDETERMINATE"]
    assert report.conclusion is Conclusion.INDETERMINATE


@pytest.mark.parametrize("form", ["objstm", "hybrid", "stream", "table"])
def test_field_in_every_form_of_cross_reference(form: str) -> None:
    """The field may lie where only some programs look; the signature itself lies in the file."""
    field = b"<</FT/Sig/T(a)/V 80 0 R%b>>" % WIDGET
    base = letter(1, catalog=FORM, page=b"/Annots[70 0 R]", more={80: PLACEHOLDER})
    made = add_revision(base, form, {70: field}, extra=910)  # type: ignore[arg-type]  # listed above
    report = check(completed(made, office().officer), office().trust)
    assert [(s.field, str(s.indication)) for s in report.signatures] == [("a", "TOTAL-PASSED")]
    assert report.conclusion is Conclusion.PASSED


def test_value_in_an_object_stream_is_no_signature_that_passes() -> None:
    """Its bytes are compressed: no byte range can leave them out."""
    signed = by_pyhanko(honest_letter(), office().officer, box=None)
    update = Update(signed)
    entries = b"<</Type/Sig/SubFilter/adbe.pkcs7.detached/Contents<3000>/ByteRange[0 1 2 3]>>"
    fields = update.listed(update.form(), "Fields")
    listed = b" ".join(b"%d 0 R" % getattr(one, "number", 0) for one in fields)
    made = add_revision(
        signed,
        "objstm",
        {
            update.form(): b"<</Fields[%b 970 0 R]/SigFlags 3/DA(/F 12 Tf)>>" % listed,
            970: b"<</FT/Sig/T(z)/V 971 0 R>>",
            971: entries,
        },
        extra=980,
    )
    report = check(made, office().trust)
    assert [s.field for s in report.signatures] == ["z", "Sig1"]
    assert report.conclusion is Conclusion.FAILED
