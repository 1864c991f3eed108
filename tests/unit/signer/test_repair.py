"""Copies of damaged files: what they say, and when there is none."""

from functools import cache
from pathlib import Path

import pytest

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import InputError, RefusedError
from antin.pdf.document import Manner, open_pdf
from antin.signer.incremental import open_update
from antin.signer.repair import needs_repair, repairable, write_copy
from tests.damage import ANY_FORM, GOOD, WITH_TABLE
from tests.pdfs import appended, assembled, letter, signed
from tests.unit.pdf.test_rewrite import as_tree

good = cache(lambda form: GOOD[form]())
CASES = [
    *((form, name) for form in ("plain", "packed", "linear", "encrypted") for name in ANY_FORM),
    *(("plain", name) for name in WITH_TABLE if name != "entry-wrong"),
]


def refusal_of(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        open_update(MemorySource(data))
    return caught.value


def is_repairable(data: bytes) -> bool:
    return repairable(MemorySource(data), refusal_of(data)) is not None


@pytest.mark.parametrize(("form", "name"), CASES)
def test_the_copy_says_what_the_damaged_file_says(form: str, name: str, tmp_path: Path) -> None:
    damage = {**ANY_FORM, **WITH_TABLE}[name]
    data, target = damage.inflict(good(form)), tmp_path / "copy.pdf"
    refusal = refusal_of(data)
    document = repairable(MemorySource(data), refusal)
    assert document is not None
    warning = write_copy(document, refusal, target)
    told = dict(warning.values)
    assert told["lost"] == 0
    assert {refusal.code, damage.repair} <= set(str(told["codes"]).split(", "))
    with FileSource(target) as source:
        made = open_update(source).document
        old = open_pdf(MemorySource(data), Manner.TOLERANT).final_view
        new = made.final_view
        assert as_tree(new, new.trailer["Root"]) == as_tree(old, old.trailer["Root"])
        assert (made.revisions, made.deviations) == (1, ())


def test_what_follows_the_end_is_left_out(tmp_path: Path) -> None:
    data, target = letter() + b"garbage", tmp_path / "copy.pdf"
    document = repairable(MemorySource(data), refusal_of(data))
    assert document is not None
    write_copy(document, refusal_of(data), target)
    assert b"garbage" not in target.read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no PDF at all",
        letter().replace(b"/Kids", b"/Kidz"),
        b"junk" + letter().replace(b"/Kids", b"/Kidz"),
        letter().replace(b"/Catalog", b"/Katalog").replace(b"/Root", b"/Rott"),
    ],
    ids=["empty", "no PDF", "no page", "no page either", "no catalog"],
)
def test_what_no_repair_helps(data: bytes) -> None:
    assert not is_repairable(data)


def test_a_limit_is_no_damage() -> None:
    whole = MemorySource(letter())
    assert repairable(whole, InputError("pdf_too_complex", detail="")) is None
    assert repairable(whole, InputError("pdf_encrypted")) is None
    assert repairable(whole, InputError("pdf_malformed", detail="of its form")) is None


def test_a_file_without_a_header_is_told_so() -> None:
    assert needs_repair(InputError("not_a_pdf", offset=0)).values["detail"] == "it has no header"


def in_no_field() -> bytes:
    """Return a file with a signature that no field shows any more."""
    data = signed(letter(1))
    return appended(data, {1: b"<</Type/Catalog/Pages 2 0 R>>"})


@pytest.mark.parametrize("make", [lambda: signed(letter(1)), in_no_field], ids=["shown", "stray"])
def test_no_signature_is_repaired_away(make: object) -> None:
    assert callable(make)
    data = b"junk" + make()
    with pytest.raises(RefusedError) as caught:
        is_repairable(data)
    assert caught.value.code == "repair_breaks_signatures"


def test_bytes_that_were_never_an_object_are_not_taken_for_one() -> None:
    data = b"junk" + assembled({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Kids[]>>"})
    assert not is_repairable(data)
