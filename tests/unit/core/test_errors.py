import pickle
import string
from pathlib import Path

import pytest

from antin.core import errors
from antin.core.codes import CODES, FINDINGS
from antin.core.errors import (
    AntinError,
    DefectError,
    InputError,
    NotFoundError,
    RefusedError,
    fill,
)

PINNED = Path(__file__).with_name("codes.txt")

FAMILIES = {
    "usage": "UsageError",
    "input": "InputError",
    "authentication": "AuthenticationError",
    "forbidden": "ForbiddenError",
    "not_found": "NotFoundError",
    "conflict": "ConflictError",
    "refused": "RefusedError",
    "key_device": "KeyDeviceError",
    "unavailable": "UnavailableError",
    "integrity": "IntegrityError",
    "defect": "DefectError",
}


def placeholders(sentence: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(sentence) if name})


def as_pinned() -> list[str]:
    errors_ = [(code, family, sentence) for code, (family, sentence) in sorted(CODES.items())]
    findings = [(code, "finding", sentence) for code, sentence in sorted(FINDINGS.items())]
    return [
        " ".join([code, family, *placeholders(sentence)])
        for code, family, sentence in errors_ + findings
    ]


def test_codes_stay_what_they_are() -> None:
    """Programs lean on codes, families and value names: changing codes.txt is a decision."""
    assert as_pinned() == PINNED.read_text().splitlines(), (
        "core/codes.py and codes.txt differ. A new code is added to codes.txt; "
        "a code that is there already never changes its family or its values."
    )


def test_the_tree_has_one_class_a_family() -> None:
    tree = {kind.family: kind.__name__ for kind in AntinError.__subclasses__()}
    assert tree == FAMILIES
    assert {family for family, _ in CODES.values()} == set(FAMILIES)


def test_the_drawn_tree_names_every_class() -> None:
    drawing = errors.__doc__ or ""
    assert [name for name in FAMILIES.values() if f"── {name}" not in drawing] == []


def test_no_name_means_both_an_error_and_a_finding() -> None:
    assert set(CODES) & set(FINDINGS) == set()


@pytest.mark.parametrize("code", sorted([*CODES, *FINDINGS]))
def test_a_sentence_can_be_filled_and_reads_as_one(code: str) -> None:
    sentence = CODES[code][1] if code in CODES else FINDINGS[code]
    values = dict.fromkeys(placeholders(sentence), "X")
    filled = fill(sentence, values)
    assert "{" not in filled
    assert "?" not in filled
    assert sentence == "{detail}" or filled[-1] in ".:" or ". " in filled or ": " in filled


def test_code_values_and_sentence_reach_the_reader() -> None:
    error = InputError("file_too_large", size=12, limit=10)
    assert error.code == "file_too_large"
    assert error.values == {"size": 12, "limit": 10}
    assert error.detail == "The file has 12 bytes; the limit is 10."
    assert str(error) == "file_too_large: The file has 12 bytes; the limit is 10."


def test_several_values_read_as_a_list() -> None:
    error = RefusedError("closure_refused", reasons=("one", "two"))
    assert error.detail == "The record cannot be closed: one, two."


def test_a_missing_value_is_shown_as_unknown() -> None:
    assert InputError("pdf_malformed").detail == "The PDF is damaged: ?."


def test_a_code_under_the_wrong_family_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match="belongs to input"):
        NotFoundError("pdf_malformed")


def test_an_unknown_code_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        DefectError("no_such_code")


def test_an_error_crosses_a_process_border_unchanged() -> None:
    error = RefusedError("closure_refused", reasons=("one", "two"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 — our own bytes, made a line above
    assert type(again) is RefusedError
    assert (again.code, again.values) == (error.code, error.values)


def test_hostile_values_are_shown_not_interpreted() -> None:
    error = InputError("file_not_found", path="{0.__class__} {path} %s")
    assert error.detail == "{0.__class__} {path} %s does not exist."


@pytest.mark.parametrize("value", ["x" * 100_000, ("x" * 100_000,) * 3, ("x",) * 100_000])
def test_what_strangers_choose_stays_readable(value: str | tuple[str, ...]) -> None:
    error = RefusedError("closure_refused", reasons=value)
    assert 100 < len(error.detail) < 4_000
    assert error.detail.rstrip(".").endswith("…")


def test_every_sentence_can_be_written_out() -> None:
    error = InputError("pdf_malformed", detail="half of a letter: \ud800")
    assert error.detail.encode() == b"The PDF is damaged: half of a letter: ?."
