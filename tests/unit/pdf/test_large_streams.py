"""What is left out of a search is the data of large streams, and nothing else."""

import hashlib

import pytest

from antin.pdf import large_streams
from antin.pdf.large_streams import LARGE, text_parts
from tests.pdfs import appended, letter, opened, signed, stream

WORD = b"/ByteRange"
NOISE = hashlib.shake_256(b"specimen").digest(2 * LARGE)
DATA = NOISE[:LARGE] + WORD + NOISE[LARGE:]


def large(extra: bytes = b"", data: bytes = DATA) -> bytes:
    return letter(more={50: stream(data, extra)})


def searched(data: bytes) -> bytes:
    parts = text_parts(opened(data).history)
    assert parts[0][0] == 0
    assert parts[-1][1] == opened(data).source.size
    assert all(start <= end for start, end in parts)
    return b"".join(data[start:end] for start, end in parts)


def test_a_large_streams_data_are_left_out_and_no_more() -> None:
    data = large()
    assert searched(data) == data.replace(DATA, b"")
    assert opened(data).stray_signatures == ()


def test_small_streams_are_not() -> None:
    data = large(data=b"x" * 5000)
    assert searched(data) == data


def test_what_begins_inside_is_an_object_and_stays() -> None:
    inner = b"60 0 obj\n<</Type/Sig/ByteRange[0 1 2 3]>>\nendobj\n"
    data = large(data=DATA + inner + bytes(LARGE))
    at = data.index(inner)
    row = b"%010d 00000 n \n" % at
    odd = appended(data, {}).replace(
        b"xref\ntrailer\n<</Size 113", b"xref\n60 1\n" + row + b"trailer\n<</Size 113"
    )
    assert row in odd
    assert inner in searched(odd)
    assert opened(odd).stray_signatures == (at + inner.index(WORD),)


def test_a_signature_that_is_a_stream_is_seen() -> None:
    data = large(b"/Type/Sig/ByteRange[0 1 2 3]")
    assert opened(data).stray_signatures == (data.index(WORD),)


def test_what_only_an_older_revision_names_is_searched() -> None:
    assert DATA in searched(appended(large(), {50: b"<<>>"}))


@pytest.mark.parametrize("data", [large(), signed(large()), appended(large(), {51: stream(DATA)})])
def test_what_is_found_is_the_same_as_without(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found = opened(data).stray_signatures
    monkeypatch.setattr(large_streams, "LARGE", len(data))
    document = opened(data)
    assert text_parts(document.history) == ((0, document.source.size),)
    assert document.stray_signatures == found


def test_a_long_array_is_not_read_for_it() -> None:
    document = opened(letter(more={50: b"[" + b"1 " * LARGE + b"]"}))
    before = document.history.parser.cost
    assert text_parts(document.history) == ((0, document.source.size),)
    assert document.history.parser.cost == before
