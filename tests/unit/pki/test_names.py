"""When two names are the same, and that plain text is prepared as the library prepares it."""

from itertools import pairwise, product

import pytest
from asn1crypto import x509

from antin.pki.names import same_name

_PLAIN = "".join(map(chr, range(32, 127)))


def _name(text: str, kind: type = x509.UTF8String) -> x509.Name:
    form = "utf8_string" if kind is x509.UTF8String else "printable_string"
    value = x509.DirectoryString(form, kind(text))
    part = x509.NameTypeAndValue({"type": "common_name", "value": value})
    return x509.Name("", x509.RDNSequence([x509.RelativeDistinguishedName([part])]))


def _texts() -> list[tuple[str, str]]:
    spaced = ["".join(found) for found in product(("a", "A", "b", " "), repeat=4)]
    return [*((text, text.swapcase()) for text in _PLAIN), *pairwise(spaced)]


def test_compares_plain_text_as_the_library_does() -> None:
    found = {(one, other): (_name(one), _name(other)) for one, other in _texts()}
    said = {pair: same_name(a.dump(), b.dump()) for pair, (a, b) in found.items()}
    assert said == {pair: a == b for pair, (a, b) in found.items()}
    assert {*said.values()} == {True, False}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Sở Nội vụ", "SỞ  nội vụ", True),
        ("Sở Nội vụ", "Sở Nội Vụ 2", False),
        ("\u00adA\tB", "a b", True),
        ("A\u2028B", "A B", True),
        ("\ufffd", "\ufffd ", False),
    ],
)
def test_compares_other_text_by_every_step(one: str, other: str, *, same: bool) -> None:
    assert same_name(_name(one).dump(), _name(other).dump()) is same


def test_takes_one_text_in_two_encodings_for_the_same() -> None:
    assert same_name(_name("CA One").dump(), _name("ca  one", x509.PrintableString).dump())


def test_takes_what_is_no_name_for_no_other() -> None:
    assert not same_name(b"\x30\x03\x31\x01\x05", _name("A").dump())


def test_remembers_no_answer_that_memory_ran_out_over(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = _name("Hungry").dump(), _name("hungry").dump()

    def hungry(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(x509.Name, "__eq__", hungry)
        with pytest.raises(MemoryError):
            same_name(one, other)
    assert same_name(one, other)
