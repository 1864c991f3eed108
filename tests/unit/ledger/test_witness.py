"""What a witness does with what a log submits (c2sp.org/tlog-witness)."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import AntinError
from antin.ledger.checkpoints.checkpoint import Checkpoint
from antin.ledger.checkpoints.note import parse_note, write_note
from antin.ledger.checkpoints.witness import (
    MAX_PROOF_LINES,
    MAX_SUBMISSION_BYTES,
    Followed,
    Submission,
    follow,
    open_submitted,
    parse_submission,
    require_extended,
)
from tests.growinglog import GrowingLog
from tests.notekey import MemoryNoteKey

LOG = GrowingLog()
FOLLOWED = follow([LOG.verifier])


def judged(body: bytes, known: Checkpoint | None, followed: Followed = FOLLOWED) -> Checkpoint:
    submission = parse_submission(body)
    new = open_submitted(submission, followed)
    require_extended(submission, new, known)
    return new


def code_of(body: bytes, known: Checkpoint | None = None, followed: Followed = FOLLOWED) -> str:
    with pytest.raises(AntinError) as caught:
        judged(body, known, followed)
    return caught.value.code


@given(st.integers(0, 40), st.integers(0, 40))
def test_what_goes_on_is_accepted(old: int, more: int) -> None:
    known = LOG.checkpoint(old) if old else None
    assert judged(LOG.body(old, old + more), known) == LOG.checkpoint(old + more)


@given(st.integers(0, 40), st.integers(0, 40))
def test_what_is_written_is_read(old: int, more: int) -> None:
    submission = LOG.submission(old, old + more)
    assert parse_submission(submission.write()) == submission


def test_the_example_of_the_specification_is_read() -> None:
    lines = (
        "old 20852014",
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=",
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=",
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=",
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=",
        "",
        "example.com/behind-the-sofa",
        "20852163",
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "",
        (
            "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurm"
            "RDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
        ),
        (
            "— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZ"
            "dXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q="
        ),
    )
    body = "".join(f"{line}\n" for line in lines)
    submission = parse_submission(body.encode())
    assert (submission.old, len(submission.proof)) == (20_852_014, 4)
    assert submission.write() == body.encode()


GOOD = LOG.body(3, 8)
HASH = base64.b64encode(bytes(32))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 3\n",
        b"\n\n" + LOG.note(8),
        GOOD.replace(b"old 3", b"old 03"),
        GOOD.replace(b"old 3", b"old -3"),
        GOOD.replace(b"old 3", b"old  3"),
        GOOD.replace(b"old 3", b"Old 3"),
        GOOD.replace(b"old 3", b"old 9"),
        GOOD.replace(b"old 3", b"old 99999999999999999999"),
        GOOD.replace(b"old 3", b"old \xc2\xb3"),
        GOOD.replace(b"old 3\n", b"old 3\r\n"),
        GOOD.replace(b"old 3\n", b"old 3\n" + HASH[:-1] + b"\n"),
        GOOD.replace(b"old 3\n", b"old 3\n" + HASH[:-2] + b"B=\n"),
        GOOD.replace(b"old 3\n", b"old 3\nAAAA\n"),
        b"old 3\n" + (HASH + b"\n") * (MAX_PROOF_LINES + 1) + b"\n" + LOG.note(8),
        b"old 0\n" + HASH + b"\n\n" + LOG.note(8),
        b"old 3\n" + b"x" * MAX_SUBMISSION_BYTES,
    ],
)
def test_other_forms_are_refused(body: bytes) -> None:
    assert code_of(body, LOG.checkpoint(3)) == "submission_malformed"


@pytest.mark.parametrize("note", [b"", b"a\nb\n", LOG.note(8)[:-1], b"\n\n\n"])
def test_what_is_no_checkpoint_is_refused(note: bytes) -> None:
    assert code_of(b"old 0\n\n" + note) == "checkpoint_malformed"


@given(st.binary(max_size=200))
def test_whatever_comes_ends_in_our_error(data: bytes) -> None:
    with pytest.raises(AntinError):
        judged(data, None)


@given(st.data())
def test_no_bit_of_a_submission_can_be_changed(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, 8 * len(GOOD) - 1))
    changed = bytearray(GOOD)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(AntinError):
        judged(bytes(changed), LOG.checkpoint(3))


def test_a_log_that_nobody_follows() -> None:
    stranger = GrowingLog(MemoryNoteKey("other.example/log"))
    assert code_of(stranger.body(0, 4)) == "log_not_followed"


def test_signatures_of_others_do_not_count() -> None:
    posing = GrowingLog(MemoryNoteKey())
    assert code_of(posing.body(0, 4)) == "note_signature_invalid"
    signed, unknown = parse_note(LOG.note(4)), parse_note(posing.note(4))
    both = write_note(signed.text, (*unknown.signatures, *signed.signatures))
    assert judged(Submission(0, (), both).write(), None) == LOG.checkpoint(4)


def test_one_good_and_one_bad_signature_of_a_known_key() -> None:
    note = parse_note(LOG.note(4))
    bad = replace(note.signatures[0], value=LOG.key.sign(b"something else"))
    for signatures in ((*note.signatures, bad), (bad, *note.signatures)):
        body = Submission(0, (), write_note(note.text, signatures)).write()
        assert code_of(body) == "note_signature_invalid"


def test_a_log_may_have_two_keys_while_it_changes_them() -> None:
    later = GrowingLog(MemoryNoteKey())
    followed = follow([LOG.verifier, later.verifier])
    assert judged(later.body(3, 8), LOG.checkpoint(3), followed) == LOG.checkpoint(8)


def test_a_bad_signature_of_either_known_key_is_refused() -> None:
    later = GrowingLog(MemoryNoteKey())
    followed = follow([LOG.verifier, later.verifier])
    good, other = parse_note(LOG.note(4)), parse_note(later.note(4))
    assert judged(
        Submission(0, (), write_note(good.text, good.signatures + other.signatures)).write(),
        None,
        followed,
    ) == LOG.checkpoint(4)
    (bad,) = parse_note(later.note(5)).signatures
    for signatures in ((*good.signatures, bad), (bad, *good.signatures)):
        body = Submission(0, (), write_note(good.text, signatures)).write()
        assert code_of(body, None, followed) == "note_signature_invalid"


def test_the_old_size_is_that_of_the_last_one() -> None:
    known = LOG.checkpoint(5)
    for old in (0, 4, 6):
        assert code_of(LOG.body(old, 9), known) == "witness_size_differs"
    assert code_of(LOG.body(5, 9)) == "witness_size_differs"
    assert code_of(LOG.body(4, 4), known) == "witness_size_differs", "a rollback"


def test_another_history_is_not_cosigned() -> None:
    forged = LOG.forked_at(4)
    assert code_of(forged.body(5, 9), LOG.checkpoint(5)) == "proof_wrong"
    assert code_of(forged.body(5, 5), LOG.checkpoint(5)) == "witness_size_differs"
    for proof in ((), LOG.proof(5, 9)[1:], (*LOG.proof(5, 9), bytes(32)), LOG.proof(4, 9)):
        body = Submission(5, proof, LOG.note(9)).write()
        assert code_of(body, LOG.checkpoint(5)) == "proof_wrong"


def test_the_same_checkpoint_again_needs_no_proof() -> None:
    assert judged(LOG.body(5, 5), LOG.checkpoint(5)) == LOG.checkpoint(5)
    body = Submission(5, (bytes(32),), LOG.note(5)).write()
    assert code_of(body, LOG.checkpoint(5)) == "proof_wrong"
