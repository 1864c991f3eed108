"""The flow audit proves entries and growth, under signed checkpoints only, and writes receipts."""

from collections.abc import Callable

import pytest

from antin.core.errors import AntinError
from antin.flows import audit, filing
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.checkpoints.receipt import parse_receipt, write_receipt
from antin.ledger.checkpoints.receipt_checks import ReceiptPolicy, check_receipt
from antin.ledger.checkpoints.witness import parse_submission
from antin.ledger.tree.proofs import verify_consistency, verify_inclusion
from tests.fakes.memory_witness import MemoryWitness
from tests.office import Office


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(AntinError) as caught:
        action()
    return caught.value.code


def signed(office: Office) -> int:
    office.upload()
    return int(str(audit.take_checkpoint(office.services)["size"]))


def policy_of(office: Office, *witnesses: MemoryWitness) -> ReceiptPolicy:
    key = office.services.checkpoint_key
    keys = tuple(one.verifier for one in witnesses)
    return ReceiptPolicy(verifier_of(key.name, key.public_key), keys)


def test_every_entry_is_proven_under_every_checkpoint(office: Office) -> None:
    sizes = [signed(office), signed(office)]
    leaves = office.services.work.read(lambda s: list(s.ledger.leaves(0, sizes[1])))
    for size in sizes:
        for index in range(size):
            proof = audit.prove_entry(office.services, index, size)
            assert proof.leaf == leaves[index]
            verify_inclusion(index, size, leaves[index], proof.receipt.path, proof.checkpoint.root)
            assert parse_receipt(proof.text.encode()).path == proof.receipt.path
    assert audit.prove_entry(office.services, 0).checkpoint.size == sizes[1]


def test_growth_is_proven_between_checkpoints(office: Office) -> None:
    old, new = signed(office), signed(office)
    for proof in (
        audit.prove_growth(office.services, old, new),
        audit.prove_growth(office.services, new, old),
        audit.prove_growth(office.services, old),
    ):
        roots = proof.older.root, proof.newer.root
        verify_consistency(old, new, *roots, proof.path)
        submission = parse_submission(proof.text.encode())
        assert (submission.old, submission.proof) == (old, proof.path)
    assert audit.prove_growth(office.services, new, new).path == ()


def test_nothing_is_proven_that_nobody_signed(office: Office) -> None:
    assert code_of(lambda: audit.prove_entry(office.services, 0)) == "checkpoint_not_found"
    size = signed(office)
    office.upload()
    services = office.services
    assert code_of(lambda: audit.prove_entry(services, 0, size - 1)) == "checkpoint_size_unknown"
    assert code_of(lambda: audit.prove_entry(services, 0, size + 1)) == "checkpoint_size_unknown"
    assert code_of(lambda: audit.prove_entry(services, size)) == "entry_not_covered"
    assert code_of(lambda: audit.prove_entry(services, 2**60)) == "entry_not_covered"
    assert code_of(lambda: audit.prove_growth(services, size, size + 1)) == (
        "checkpoint_size_unknown"
    )


def test_entries_are_found_by_leaf_and_by_stream(office: Office) -> None:
    signed(office)
    services = office.services
    rows = services.work.read(lambda s: list(s.ledger.entries(0, 10_000)))
    for row in rows:
        assert audit.find_leaf(services, row.leaf) == row.index
    assert code_of(lambda: audit.find_leaf(services, bytes(32))) == "entry_not_found"
    assert audit.newest_index(services, rows[-1].stream) == rows[-1].index
    assert code_of(lambda: audit.newest_index(services, "record/none")) == "entry_not_found"


def test_a_record_has_a_receipt_of_its_newest_entry(office: Office) -> None:
    record = office.record()
    signed(office)
    witness = MemoryWitness(policy_of(office).log, now=int(office.clock.moment.timestamp()))
    watched = office.without(witnesses=(witness,))
    audit.ask_witnesses(watched.services)
    auditor, manager = office.people["auditor"], office.people["manager"]
    (receipt,) = audit.record_receipts(office.services, auditor, record)
    facts = check_receipt(parse_receipt(write_receipt(receipt)), policy_of(office, witness))
    assert facts.entry is not None
    assert (facts.entry.stream, facts.entry.action) == (f"record/{record}", "record.opened")
    (hashed,) = audit.record_receipts(office.services, manager, record)
    assert (hashed.entry, hashed.leaf) == (None, facts.leaf), "what it says is for auditors"
    check_receipt(hashed, policy_of(office, witness))


def test_all_entries_of_a_record_have_receipts(office: Office) -> None:
    record = office.record()
    document = office.upload()
    filing.add_to_record(office.services, office.call("manager", "add"), record, document)
    audit.take_checkpoint(office.services)
    every = audit.record_receipts(office.services, office.people["auditor"], record, every=True)
    assert len(every) == 2
    facts = [check_receipt(one, policy_of(office)) for one in every]
    assert [one.entry.n for one in facts if one.entry] == [0, 1]


def test_another_agencys_record_has_none_for_us(office: Office) -> None:
    record = office.record()
    signed(office)
    outsider = office.people["outsider"]
    assert code_of(lambda: audit.record_receipts(office.services, outsider, record)) == (
        "record_not_found"
    )


def test_a_record_that_is_newer_than_the_checkpoint_has_none_yet(office: Office) -> None:
    signed(office)
    record = office.record()
    auditor = office.people["auditor"]
    assert code_of(lambda: audit.record_receipts(office.services, auditor, record)) == (
        "entry_not_covered"
    )
