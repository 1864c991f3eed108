"""The flow audit has checkpoints cosigned: by each witness, without waiting for any."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from antin.core.errors import AntinError, UnavailableError
from antin.flows import audit, jobs
from antin.flows.services import Services
from antin.infra.ledger.witness_folder import open_witness
from antin.infra.ledger.witness_http import HttpWitness
from antin.ledger.checkpoints.cosignature import cosigned_at
from antin.ledger.checkpoints.note import ED25519, NoteVerifier, parse_note, verifier_of
from antin.ledger.checkpoints.receipt_checks import ReceiptPolicy, check_receipt
from antin.ledger.checkpoints.witness import parse_submission
from antin.ledger.ports import Cosigned, LastCosigned
from tests.fakes.memory_witness import MemoryWitness
from tests.growinglog import GrowingLog
from tests.office import Office, SoftwareNoteKey
from tests.witnesses import RunningWitness
from tests.witnesskey import WitnessKey


@dataclass
class Noted:
    """Implements :class:`antin.flows.services.Troubles`."""

    codes: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, error: AntinError | None, now: datetime) -> None:
        self.codes.pop(what, None)
        if error is not None:
            self.codes[what] = error.code


@dataclass
class Lying:
    """A witness that says what it is told to say."""

    answers: list[Cosigned | LastCosigned | AntinError]
    key: WitnessKey = field(default_factory=lambda: WitnessKey("liar.example"))
    asked: int = 0

    @property
    def verifier(self) -> NoteVerifier:
        return self.key.verifier

    def add_checkpoint(self, submission: bytes) -> Cosigned | LastCosigned:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, AntinError):
            raise answer
        return answer


def witness_of(office: Office, name: str = "witness.example/w1") -> MemoryWitness:
    key = office.services.checkpoint_key
    now = int(office.clock.moment.timestamp())
    return MemoryWitness(verifier_of(key.name, key.public_key), name=name, now=now)


def with_witnesses(
    office: Office, *witnesses: MemoryWitness | Lying | HttpWitness
) -> tuple[Office, Noted]:
    noted = Noted()
    return office.without(witnesses=witnesses, troubles=noted, timestamps=None), noted


def grown(office: Office) -> int:
    """Add an entry and sign for it; return the checkpoint's size."""
    office.upload()
    return int(str(audit.take_checkpoint(office.services)["size"]))


def published(services: Services, *witnesses: MemoryWitness) -> None:
    """The published checkpoint carries these cosignatures and the log's own signature."""
    note = parse_note(audit.newest_note(services))
    assert len(note.signatures) == 1 + len(witnesses)
    for one in witnesses:
        assert cosigned_at(note, one.verifier) == one.now


def test_every_witness_cosigns_and_is_published(office: Office) -> None:
    first, second = witness_of(office), witness_of(office, "witness.example/w2")
    watched, noted = with_witnesses(office, first, second)
    assert audit.ask_witnesses(watched.services) == 0, "there is nothing to cosign yet"
    grown(watched)
    published(watched.services)
    assert audit.ask_witnesses(watched.services) == 2
    published(watched.services, first, second)
    assert audit.ask_witnesses(watched.services) == 0, "nothing new, nobody asked"
    assert len(first.asked) == 1
    grown(watched)
    assert jobs.go_outside(watched.services) == 2
    published(watched.services, first, second)
    old, size = (parse_submission(body).old for body in first.asked)
    assert (old, size > 0) == (0, True), "the second time it was asked from the first"
    assert noted.codes == {}
    audit.check_ledger(watched.services).raise_if_not_passed()


def test_a_witness_that_is_away_holds_up_nobody(office: Office) -> None:
    away = Lying([UnavailableError("witness_unavailable", witness="liar.example", detail="x")])
    here = witness_of(office)
    watched, noted = with_witnesses(office, away, here)
    watched.sign(watched.upload())
    assert away.asked == 0, "who signs does not wait for witnesses"
    assert audit.ask_witnesses(watched.services) == 1
    published(watched.services, here)
    assert noted.codes == {"witness liar.example": "witness_unavailable"}
    audit.require_ledger_continued(watched.services)


def test_a_lost_answer_is_asked_for_again(office: Office) -> None:
    """It was cosigned, and the answer got lost: the witness is ahead of what we know of it."""
    witness = witness_of(office)
    watched, noted = with_witnesses(office, witness)
    size = grown(watched)
    note = audit.newest_note(watched.services)
    witness.add_checkpoint(b"old 0\n\n" + note)
    assert audit.ask_witnesses(watched.services) == 1
    assert [parse_submission(body).old for body in witness.asked] == [0, 0, size]
    published(watched.services, witness)
    assert noted.codes == {}


def test_a_witness_that_missed_some_gets_the_proof_from_where_it_was(office: Office) -> None:
    witness = witness_of(office)
    watched, _ = with_witnesses(office, witness)
    first = grown(watched)
    audit.ask_witnesses(watched.services)
    grown(office)
    grown(office)
    assert audit.ask_witnesses(watched.services) == 1
    last = parse_submission(witness.asked[-1])
    assert (last.old, len(last.proof) > 0) == (first, True)


def test_a_rolled_back_database_is_told_and_gets_nothing_cosigned(office: Office) -> None:
    """The witness saw more than there is now: an alarm, and nothing made up to please it."""
    witness = witness_of(office)
    watched, noted = with_witnesses(office, witness)
    size = grown(watched)
    log = GrowingLog(office.services.checkpoint_key)
    witness.add_checkpoint(log.body(0, size + 5))
    assert audit.ask_witnesses(watched.services) == 0
    assert noted.codes == {"witness witness.example/w1": "witness_ahead"}
    assert len(witness.asked) == 2, "asked once more than by the other history, and left it at that"
    published(watched.services)


def test_a_witness_that_saw_another_history_of_the_same_size(office: Office) -> None:
    witness = witness_of(office)
    watched, noted = with_witnesses(office, witness)
    size = grown(watched)
    witness.add_checkpoint(GrowingLog(office.services.checkpoint_key).body(0, size))
    assert audit.ask_witnesses(watched.services) == 0
    assert noted.codes == {"witness witness.example/w1": "witness_disagrees"}


def test_a_witness_that_saw_a_size_that_nobody_signed_for(office: Office) -> None:
    witness = witness_of(office)
    watched, noted = with_witnesses(office, witness)
    size = grown(watched)
    witness.add_checkpoint(GrowingLog(office.services.checkpoint_key).body(0, size - 1))
    assert audit.ask_witnesses(watched.services) == 0
    assert noted.codes == {"witness witness.example/w1": "witness_disagrees"}
    assert len(witness.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        lambda key, note, now: b"",
        lambda key, note, now: b"\xff",
        lambda key, note, now: WitnessKey(key.name).line(note, now).encode(),
        lambda key, note, now: WitnessKey("else.example").line(note, now).encode(),
        lambda key, note, now: key.line(note.replace(b"\n", b"\nx", 1), now).encode(),
        lambda key, note, now: key.line(note, now + 86_400).encode(),
        lambda key, note, now: (
            key.line(note, now) + key.line(note.replace(b"\n", b"\nx", 1), now)
        ).encode(),
    ],
)
def test_what_is_no_cosignature_is_not_kept(
    office: Office, answer: Callable[[WitnessKey, bytes, int], bytes]
) -> None:
    grown(office)
    note = audit.newest_note(office.services)
    key = WitnessKey("liar.example")
    now = int(office.clock.moment.timestamp())
    lying = Lying([Cosigned(answer(key, note, now))], key)
    watched, noted = with_witnesses(office, lying)
    assert audit.ask_witnesses(watched.services) == 0
    (code,) = noted.codes.values()
    assert code in {"checkpoint_malformed", "note_signature_invalid"}
    assert audit.newest_note(watched.services) == note


def test_a_liar_about_sizes_is_not_followed_for_ever(office: Office) -> None:
    for answers in ([LastCosigned(0)], [LastCosigned(2**62)], [LastCosigned(1), LastCosigned(0)]):
        lying = Lying(list(answers))
        watched, noted = with_witnesses(office, lying)
        grown(watched)
        assert audit.ask_witnesses(watched.services) == 0
        assert lying.asked <= 2
        assert set(noted.codes.values()) <= {
            "witness_refused",
            "witness_ahead",
            "witness_disagrees",
        }
        assert noted.codes
    grown(watched)
    audit.check_ledger(watched.services).raise_if_not_passed()


def test_two_workers_at_once_keep_one_cosignature(office: Office) -> None:
    witness = witness_of(office)
    watched, noted = with_witnesses(office, witness)
    grown(watched)
    inner = witness.add_checkpoint

    def overtaken(submission: bytes) -> Cosigned | LastCosigned:
        witness.add_checkpoint = inner  # type: ignore[method-assign]  # once
        audit.ask_witnesses(watched.services)
        return inner(submission)

    witness.add_checkpoint = overtaken  # type: ignore[method-assign]  # the other worker
    audit.ask_witnesses(watched.services)
    published(watched.services, witness)
    assert noted.codes == {}


def test_a_real_witness_over_http_cosigns_again_and_again(office: Office, tmp_path: Path) -> None:
    key = office.services.checkpoint_key
    log = verifier_of(key.name, key.public_key)
    running = RunningWitness(tmp_path / "witness", (log.text,))
    watched, noted = with_witnesses(office, running.client)
    try:
        for _ in range(3):
            grown(watched)
            assert jobs.go_outside(watched.services) >= 1
            note = parse_note(audit.newest_note(watched.services))
            assert abs(cosigned_at(note, running.verifier) - time.time()) < 600
        running.kill()
        size = grown(watched)
        assert audit.ask_witnesses(watched.services) == 0
        assert noted.codes == {f"witness {running.name}": "witness_unavailable"}
        running.start()
        assert audit.ask_witnesses(watched.services) == 1
        kept = open_witness(running.folder).known(key.name)
        assert kept is not None
        assert (kept.size, noted.codes) == (size, {})
    finally:
        assert "Traceback" not in running.stop()[1]


def test_a_ledger_signed_by_ed25519_is_cosigned_proven_and_whole(office: Office) -> None:
    """What public witnesses ask for: from the signature to the receipt nothing is about P-256."""
    key = SoftwareNoteKey(office.services.origin, ed25519.Ed25519PrivateKey.generate())
    log = verifier_of(key.name, key.public_key)
    witness = MemoryWitness(log, now=int(office.clock.moment.timestamp()))
    watched, noted = with_witnesses(office.without(checkpoint_key=key), witness)
    record = watched.record()
    grown(watched)
    grown(watched)
    assert audit.ask_witnesses(watched.services) == 1
    (receipt,) = audit.record_receipts(watched.services, watched.people["auditor"], record)
    facts = check_receipt(receipt, ReceiptPolicy(log, (witness.verifier,)))
    assert [name for name, _ in facts.cosigned] == [witness.verifier.name]
    audit.check_ledger(watched.services).raise_if_not_passed()
    assert (log.kind, noted.codes) == (ED25519, {})
