"""Receipts: one text, read strictly, checked with keys alone; no bit of it can be changed."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core import canonical
from antin.core.digests import digest_of, sha256_hex
from antin.core.errors import AntinError
from antin.core.limits import MAX_ENTRY_BYTES
from antin.ledger.checkpoints.anchors import check_anchors, signed_note, stamped_bytes
from antin.ledger.checkpoints.checkpoint import sign_checkpoint
from antin.ledger.checkpoints.cosignature import with_cosignatures
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.checkpoints.receipt import MAX_PATH, Receipt, parse_receipt, write_receipt
from antin.ledger.checkpoints.receipt_checks import ReceiptPolicy, check_receipt
from antin.ledger.entry import Entry, encode
from antin.ledger.tree.merkle import leaf_hash
from antin.ledger.tree.proofs import prove_inclusion, root_of
from antin.pki.timestamps import check_response, new_query
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.trustworld import TrustWorld
from tests.witnesskey import WitnessKey

KEY, FIRST, SECOND = MemoryNoteKey(), WitnessKey("w1.example"), WitnessKey("w2.example")
LOG = verifier_of(ORIGIN, KEY.public_key)
SIZE, INDEX, SEEN = 11, 6, 1_700_000_000
POLICY = ReceiptPolicy(LOG, (FIRST.verifier, SECOND.verifier))


def entry(number: int) -> bytes:
    return encode(
        Entry(
            "record/1",
            number,
            None if number == 0 else bytes(32),
            1,
            "a",
            "record.opened",
            bytes(32),
            "r",
            number,
        )
    )


ENTRIES = [entry(number) for number in range(SIZE)]
LEAVES = [leaf_hash(one) for one in ENTRIES]


def path(index: int = INDEX, size: int = SIZE) -> tuple[bytes, ...]:
    return prove_inclusion(index, size, lambda start, stop: root_of(LEAVES[start:stop]))


NOTE = sign_checkpoint(ORIGIN, SIZE, root_of(LEAVES), KEY)
COSIGNED = with_cosignatures(NOTE, [FIRST.line(NOTE, SEEN), SECOND.line(NOTE, SEEN + 60)])
RECEIPT = Receipt(INDEX, path(), COSIGNED, ENTRIES[INDEX])


def code_of(data: bytes, policy: ReceiptPolicy = POLICY, given: bytes | None = None) -> str:
    with pytest.raises(AntinError) as caught:
        check_receipt(parse_receipt(data), policy, given)
    return caught.value.code


def code(receipt: Receipt, policy: ReceiptPolicy = POLICY, given: bytes | None = None) -> str:
    return code_of(write_receipt(receipt), policy, given)


def test_a_receipt_proves_its_entry() -> None:
    facts = check_receipt(parse_receipt(write_receipt(RECEIPT)), POLICY)
    assert (facts.index, facts.checkpoint.size, facts.leaf) == (INDEX, SIZE, LEAVES[INDEX])
    assert facts.entry is not None
    assert (facts.entry.stream, facts.entry.n) == ("record/1", INDEX)
    first, second = (datetime.fromtimestamp(SEEN + more, UTC) for more in (0, 60))
    assert facts.cosigned == (("w1.example", first), ("w2.example", second))
    assert facts.others == ()


def test_every_entry_has_one() -> None:
    for index, data in enumerate(ENTRIES):
        receipt = Receipt(index, path(index), COSIGNED, data)
        facts = check_receipt(parse_receipt(write_receipt(receipt)), POLICY)
        assert facts.leaf == LEAVES[index]


def test_a_log_of_one_entry_needs_no_path() -> None:
    note = sign_checkpoint(ORIGIN, 1, LEAVES[0], KEY)
    receipt = Receipt(0, (), note, ENTRIES[0])
    assert check_receipt(parse_receipt(write_receipt(receipt)), ReceiptPolicy(LOG)).index == 0


def test_its_text_is_that_of_the_specification() -> None:
    """Other programs read it: only the line ``extra`` is ours, and may be left out."""
    lines = write_receipt(replace(RECEIPT, entry=None)).decode().split("\n")
    hashes = [base64.b64encode(one).decode() for one in path()]
    assert lines[: 3 + len(hashes)] == ["c2sp.org/tlog-proof@v1", f"index {INDEX}", *hashes, ""]
    assert "\n".join(lines[3 + len(hashes) :]).encode() == COSIGNED
    assert write_receipt(RECEIPT).split(b"\n")[1].startswith(b"extra ")


def test_the_entry_may_lie_elsewhere_or_be_a_hash_only() -> None:
    bare = replace(RECEIPT, entry=None)
    assert code(bare) == "receipt_malformed"
    assert check_receipt(bare, POLICY, ENTRIES[INDEX]).leaf == LEAVES[INDEX]
    assert code(bare, given=ENTRIES[0]) == "proof_wrong"
    hashed = replace(bare, leaf=LEAVES[INDEX])
    facts = check_receipt(parse_receipt(write_receipt(hashed)), POLICY)
    assert (facts.leaf, facts.entry) == (LEAVES[INDEX], None)
    assert check_receipt(hashed, POLICY, ENTRIES[INDEX]).entry is not None
    assert code(hashed, given=ENTRIES[0]) == "proof_wrong"
    assert code(RECEIPT, given=ENTRIES[0]) == "proof_wrong"
    altered = replace(RECEIPT, entry=ENTRIES[0])
    assert code(altered, given=ENTRIES[INDEX]) == "proof_wrong", "it says something else itself"


def test_proven_bytes_that_are_no_entry_are_told() -> None:
    leaf = leaf_hash(b"anything")
    receipt = Receipt(0, (), sign_checkpoint(ORIGIN, 1, leaf, KEY), b"anything")
    assert code(receipt, ReceiptPolicy(LOG)) == "entry_malformed"


def test_who_is_believed_is_for_the_checker_to_say() -> None:
    stranger = verifier_of(ORIGIN, MemoryNoteKey().public_key)
    assert code(RECEIPT, replace(POLICY, log=stranger)) == "note_signature_invalid"
    other = verifier_of("other.example/log", KEY.public_key)
    assert code(RECEIPT, replace(POLICY, log=other)) == "note_origin_wrong"
    third = WitnessKey("w3.example").verifier
    more = replace(POLICY, witnesses=(*POLICY.witnesses, third))
    assert code(RECEIPT, more) == "cosignatures_missing"
    assert len(check_receipt(RECEIPT, replace(more, quorum=2)).cosigned) == 2
    same_name = WitnessKey("w1.example").verifier
    assert code(RECEIPT, replace(POLICY, witnesses=(same_name,))) == "cosignatures_missing"
    assert check_receipt(RECEIPT, ReceiptPolicy(LOG)).others == ("w1.example", "w2.example")


def test_a_key_that_is_named_twice_is_one_witness() -> None:
    twice = replace(POLICY, witnesses=(FIRST.verifier, FIRST.verifier))
    assert len(check_receipt(RECEIPT, twice).cosigned) == 1
    assert code(RECEIPT, replace(twice, quorum=2)) == "cosignatures_missing"
    renamed = replace(FIRST.verifier, name="w2.example")
    both = replace(POLICY, witnesses=(FIRST.verifier, renamed), quorum=2)
    assert code(RECEIPT, both) == "cosignatures_missing"


def test_one_good_and_one_bad_cosignature_of_a_known_witness() -> None:
    good = FIRST.line(NOTE, SEEN)
    wrong = FIRST.line(sign_checkpoint(ORIGIN, 5, bytes(32), KEY), SEEN)
    for pair in ([good, wrong], [wrong, good]):
        note = with_cosignatures(NOTE, pair)
        policy = ReceiptPolicy(LOG, (FIRST.verifier,))
        assert code(replace(RECEIPT, note=note), policy) == "note_signature_invalid"
        quorum = replace(policy, quorum=0)
        assert code(replace(RECEIPT, note=note), quorum) == "note_signature_invalid"


def test_a_witness_that_tells_no_time() -> None:
    note = with_cosignatures(NOTE, [FIRST.line(NOTE, 2**62)])
    policy = ReceiptPolicy(LOG, (FIRST.verifier,))
    assert code(replace(RECEIPT, note=note), policy) == "note_signature_invalid"


def test_paths_that_lead_elsewhere() -> None:
    for wrong in (path()[:-1], (*path(), bytes(32)), path()[::-1], path(INDEX + 1)):
        assert code(replace(RECEIPT, path=wrong)) == "proof_wrong"
    for index in (0, INDEX + 1, SIZE, 10**18):
        assert code(replace(RECEIPT, index=index)) == "proof_wrong"


GOOD = write_receipt(RECEIPT)


@given(st.integers(0, 8 * len(GOOD) - 1))
def test_no_bit_can_be_changed(bit: int) -> None:
    changed = bytearray(GOOD)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(AntinError):
        check_receipt(parse_receipt(bytes(changed)), POLICY)


@given(st.integers(0, len(GOOD) - 1))
def test_no_byte_can_be_cut_off_or_put_in(at: int) -> None:
    for changed in (GOOD[:at], GOOD[:at] + GOOD[at + 1 :], GOOD[:at] + b"A" + GOOD[at:]):
        with pytest.raises(AntinError):
            check_receipt(parse_receipt(changed), POLICY)


@given(st.binary(max_size=300))
def test_whatever_comes_ends_in_our_error(data: bytes) -> None:
    for text in (data, b"c2sp.org/tlog-proof@v1\n" + data, data + b"\n\n" + COSIGNED):
        with pytest.raises(AntinError):
            check_receipt(parse_receipt(text), POLICY)


TOKEN = canonical.dumps({"sha256": sha256_hex(b"token"), "token": "dG9rZW4="})


def test_a_damaged_time_stamp_is_told() -> None:
    wrong = TOKEN.replace(sha256_hex(b"token").encode(), b"0" * 64)
    with pytest.raises(AntinError) as caught:
        parse_receipt(extra(b'{"timestamps":[' + wrong + b'],"v":1}'))
    assert "damaged" in caught.value.detail
    assert parse_receipt(extra(b'{"timestamps":[' + TOKEN + b'],"v":1}')).tokens == (b"token",)


def extra(text: bytes) -> bytes:
    line = base64.b64encode(text)
    return GOOD.replace(GOOD.split(b"\n")[1], b"extra " + line)


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"index 6", b"index 06"),
        GOOD.replace(b"index 6", b"index -6"),
        GOOD.replace(b"index 6", b"index 6 "),
        GOOD.replace(b"index 6\n", b""),
        GOOD.replace(b"index 6\n", b"index 6\nindex 6\n"),
        GOOD.replace(b"\nindex", b"\nextra AAAA\nindex"),
        b"c2sp.org/tlog-proof@v1\n\n" + COSIGNED,
        extra(b"{}"),
        extra(b'{"v":2}'),
        extra(b'{"v":1}'),
        extra(b'{"v": 1}'),
        extra(b'{"other":1,"v":1}'),
        extra(b'{"entry":"","v":1}'),
        extra(b'{"entry":5,"v":1}'),
        extra(b'{"leaf":"ab","v":1}'),
        extra(b'{"entry":"AAAA","leaf":"' + b"a" * 64 + b'","v":1}'),
        extra(b'{"timestamps":[{"more":1,' + TOKEN[1:] + b'],"v":1}'),
        extra(b'{"timestamps":[],"v":1}'),
        extra(b'{"timestamps":[5],"v":1}'),
        extra(b'{"timestamps":[{"token":"AAAA"}],"v":1}'),
        extra(b'{"entry":"' + base64.b64encode(bytes(MAX_ENTRY_BYTES + 1)) + b'","v":1}'),
        b"c2sp.org/tlog-proof@v1\nindex 0\n"
        + (base64.b64encode(bytes(32)) + b"\n") * (MAX_PATH + 1)
        + b"\n"
        + NOTE,
        b"x" * (5 << 20),
    ],
)
def test_other_forms_are_refused(data: bytes) -> None:
    assert code_of(data) == "receipt_malformed"


def test_a_checkpoint_that_is_none() -> None:
    assert code_of(GOOD.replace(COSIGNED, b"no checkpoint\n")) == "checkpoint_malformed"


# --- time-stamps over the checkpoint ---------------------------------------------------------


def stamp(world: TrustWorld, data: bytes, moment: datetime) -> bytes:
    """Return a token over ``data``."""
    query = new_query(digest_of(data, "sha256"))
    return check_response(query, world.timestamps(moment).request(query)).token


@pytest.fixture(scope="module")
def stamped(trust_world: TrustWorld) -> Receipt:
    """Return a receipt with a time-stamp and its renewal."""
    now = datetime.now(UTC).replace(microsecond=0)
    first = stamp(trust_world, stamped_bytes(COSIGNED, LOG, ()), now)
    second = stamp(trust_world, stamped_bytes(COSIGNED, LOG, (first,)), now + timedelta(hours=1))
    return replace(RECEIPT, tokens=(first, second))


def test_time_stamps_are_over_what_the_log_signed(stamped: Receipt) -> None:
    assert signed_note(COSIGNED, LOG) == NOTE, "cosignatures come later"
    facts = check_receipt(parse_receipt(write_receipt(stamped)), POLICY)
    first, second = facts.anchored
    assert second.time - first.time == timedelta(hours=1)
    assert first.authority == second.authority != ""


def test_time_stamps_of_something_else_are_refused(
    trust_world: TrustWorld, stamped: Receipt
) -> None:
    receipt = stamped
    first, second = receipt.tokens
    now = datetime.now(UTC).replace(microsecond=0)
    other = stamp(trust_world, b"something else", now)
    older = stamp(trust_world, stamped_bytes(NOTE, LOG, (first,)), now - timedelta(days=1))
    tampered = first[:-5] + bytes([first[-5] ^ 1]) + first[-4:]
    for tokens in (
        (other,),
        (second,),
        (second, first),
        (first, first),
        (first, older),
        (tampered,),
        (b"no token",),
    ):
        assert code(replace(receipt, tokens=tokens)) == "timestamp_wrong"
    assert code(replace(receipt, tokens=(first,) * 21)) == "receipt_malformed"


def test_no_bit_of_a_receipt_with_time_stamps_can_be_changed(stamped: Receipt) -> None:
    data = write_receipt(stamped)
    for bit in range(0, 8 * len(data), 97):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(AntinError):
            check_receipt(parse_receipt(bytes(changed)), POLICY)


def test_a_stamped_checkpoint_may_be_cosigned_later(stamped: Receipt) -> None:
    tokens = stamped.tokens
    assert check_anchors(NOTE, LOG, tokens) == check_anchors(COSIGNED, LOG, tokens)
