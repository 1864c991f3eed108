"""Cosignatures: what the specification says they are, and what is none."""

import base64
import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import AntinError, InputError, IntegrityError
from antin.ledger.checkpoints.checkpoint import open_checkpoint
from antin.ledger.checkpoints.cosignature import (
    CLOCK_SKEW,
    accept_answer,
    cosign,
    cosigned_at,
    parse_witness,
    with_cosignatures,
)
from antin.ledger.checkpoints.note import (
    COSIGNATURE,
    parse_note,
    parse_signatures,
    parse_verifier,
    write_signature,
)
from tests.growinglog import GrowingLog
from tests.witnesskey import WitnessKey

LOG, KEY = GrowingLog(), WitnessKey()
NOTE = LOG.note(7)
NOW = 1_679_315_147


def code_of(note: bytes, answer: bytes, now: int = NOW) -> str:
    with pytest.raises(AntinError) as caught:
        accept_answer(note, answer, KEY.verifier, now)
    return caught.value.code


def test_we_write_what_the_specification_says() -> None:
    made = cosign(parse_note(NOTE).text, NOW, KEY.verifier, KEY.private.sign)
    assert write_signature(made) == KEY.line(NOTE, NOW)


def test_the_example_of_the_specification_has_the_form_that_we_read() -> None:
    """It comes without its key: name, key id and time can be read, the rest can't be checked."""
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
        "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    (found,) = parse_signatures(line.encode())
    assert (found.name, found.key_id.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert int.from_bytes(found.value[:8], "big") == NOW
    assert len(found.value) == 8 + 64


def test_a_key_id_is_bound_to_name_and_use() -> None:
    material = b"\x04" + KEY.public
    expected = hashlib.sha256(KEY.name.encode() + b"\n" + material).digest()[:4]
    assert KEY.verifier.key_id == expected
    assert KEY.verifier.kind == COSIGNATURE
    assert parse_witness(KEY.text(1)) == KEY.verifier, "public lists give the plain key"
    assert parse_verifier(KEY.text(1)).key_id != expected


def test_a_key_of_a_log_is_none_of_a_witness() -> None:
    with pytest.raises(InputError) as caught:
        parse_witness(LOG.verifier.text)
    assert caught.value.code == "checkpoint_malformed"


def test_a_checkpoint_with_cosignatures_is_still_the_logs() -> None:
    both = with_cosignatures(NOTE, [KEY.line(NOTE, NOW)])
    assert open_checkpoint(both, LOG.key.name, LOG.verifier) == LOG.checkpoint(7)
    assert cosigned_at(parse_note(both), KEY.verifier) == NOW
    assert with_cosignatures(NOTE, []) == NOTE


def test_an_answer_is_taken_with_what_is_this_witnesses_only() -> None:
    stranger = WitnessKey("stranger.example")
    answer = stranger.line(NOTE, NOW) + KEY.line(NOTE, NOW)
    (kept,) = accept_answer(NOTE, answer.encode(), KEY.verifier, NOW)
    assert write_signature(kept) == KEY.line(NOTE, NOW)


def test_cosignatures_that_are_none() -> None:
    other = LOG.note(8)
    same_name = WitnessKey(KEY.name)
    good = KEY.line(NOTE, NOW)
    wrong = KEY.line(other, NOW)
    assert code_of(NOTE, b"") == "checkpoint_malformed"
    assert code_of(NOTE, b"\n") == "checkpoint_malformed"
    assert code_of(NOTE, b"\xff\n") == "checkpoint_malformed"
    assert code_of(NOTE, wrong.encode()) == "note_signature_invalid"
    # The same key name, another key: with its own id it is a stranger's, with ours it is wrong.
    assert code_of(NOTE, same_name.line(NOTE, NOW).encode()) == "note_signature_invalid"
    (stolen,) = parse_signatures(same_name.line(NOTE, NOW).encode())
    posing = write_signature(replace(stolen, key_id=KEY.verifier.key_id))
    assert code_of(NOTE, posing.encode()) == "note_signature_invalid"
    # One good and one bad signature of a known key.
    assert code_of(NOTE, (good + wrong).encode()) == "note_signature_invalid"
    assert code_of(NOTE, (wrong + good).encode()) == "note_signature_invalid"
    assert code_of(NOTE, (good + posing).encode()) == "note_signature_invalid"


def test_a_plain_signature_of_the_key_is_no_cosignature() -> None:
    """A key that signs notes, too, can't have those taken for cosignatures."""
    text = parse_note(NOTE).text.encode()
    value = base64.b64encode(KEY.verifier.key_id + KEY.private.sign(text)).decode()
    assert code_of(NOTE, f"— {KEY.name} {value}\n".encode()) == "note_signature_invalid"


@pytest.mark.parametrize("off", [-CLOCK_SKEW - 1, CLOCK_SKEW + 1, 2**62])
def test_a_cosignature_of_another_time_is_refused(off: int) -> None:
    assert code_of(NOTE, KEY.line(NOTE, NOW + off).encode()) == "note_signature_invalid"


def test_a_time_that_is_none_is_refused() -> None:
    line = KEY.line(NOTE, 2**63)
    assert code_of(NOTE, line.encode(), 2**63) == "note_signature_invalid"


def test_the_clock_may_be_off_a_little() -> None:
    for off in (-CLOCK_SKEW, CLOCK_SKEW):
        assert accept_answer(NOTE, KEY.line(NOTE, NOW + off).encode(), KEY.verifier, NOW)


@given(st.integers(0, 8 * 76 - 1))
def test_no_bit_of_a_cosignature_can_be_changed(bit: int) -> None:
    (found,) = parse_signatures(KEY.line(NOTE, NOW).encode())
    raw = bytearray(found.key_id + found.value)
    raw[bit // 8] ^= 1 << bit % 8
    line = write_signature(replace(found, key_id=bytes(raw[:4]), value=bytes(raw[4:])))
    assert code_of(NOTE, line.encode()) == "note_signature_invalid"


def test_several_lines_of_one_key_tell_the_earliest_time() -> None:
    lines = [KEY.line(NOTE, NOW + 5), KEY.line(NOTE, NOW)]
    assert cosigned_at(parse_note(with_cosignatures(NOTE, lines)), KEY.verifier) == NOW


def test_a_witness_cannot_fill_our_checkpoint_up() -> None:
    """A note has room for 100 signatures: more, and nobody could read it."""
    lines = "".join(KEY.line(NOTE, NOW + off) for off in range(5, -95, -1))
    kept = accept_answer(NOTE, lines.encode(), KEY.verifier, NOW)
    assert "".join(map(write_signature, kept)) == KEY.line(NOTE, NOW - 94), "the earliest"
    published = with_cosignatures(NOTE, [write_signature(one) for one in kept])
    assert open_checkpoint(published, LOG.key.name, LOG.verifier) == LOG.checkpoint(7)


def test_a_checkpoint_without_cosignature_is_not_cosigned() -> None:
    with pytest.raises(IntegrityError) as caught:
        cosigned_at(parse_note(NOTE), KEY.verifier)
    assert caught.value.code == "note_signature_invalid"
