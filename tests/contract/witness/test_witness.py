"""What every witness promises to a log (antin.ledger.ports.Witness)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.ledger.checkpoints.cosignature import accept_answer
from antin.ledger.ports import Cosigned, LastCosigned, Witness
from tests.fakes.memory_witness import MemoryWitness
from tests.growinglog import GrowingLog
from tests.notekey import MemoryNoteKey
from tests.witnesses import RunningWitness

LOG = GrowingLog()


@pytest.fixture(params=["memory", "process"])
def witness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Witness]:
    if request.param == "memory":
        yield MemoryWitness(LOG.verifier, now=int(time.time()))
        return
    running = RunningWitness(tmp_path / "witness", (LOG.verifier.text,))
    yield running.client
    assert "Traceback" not in running.stop()[1]


def cosigned(witness: Witness, old: int, size: int, log: GrowingLog = LOG) -> None:
    answer = witness.add_checkpoint(log.body(old, size))
    assert isinstance(answer, Cosigned), answer
    assert accept_answer(log.note(size), answer.lines, witness.verifier, int(time.time()))


def code_of(witness: Witness, body: bytes) -> str:
    with pytest.raises(AntinError) as caught:
        witness.add_checkpoint(body)
    assert caught.value.values["witness"] == witness.verifier.name
    return caught.value.code


def test_a_log_that_goes_on_is_cosigned(witness: Witness) -> None:
    cosigned(witness, 0, 3)
    cosigned(witness, 3, 3)
    cosigned(witness, 3, 20)
    cosigned(witness, 20, 21)


def test_the_size_of_the_last_one_is_told(witness: Witness) -> None:
    assert witness.add_checkpoint(LOG.body(3, 5)) == LastCosigned(0)
    cosigned(witness, 0, 8)
    for old, size in ((0, 9), (7, 9), (9, 12), (5, 5)):
        assert witness.add_checkpoint(LOG.body(old, size)) == LastCosigned(8)
    cosigned(witness, 8, 9)


def test_another_history_is_refused(witness: Witness) -> None:
    cosigned(witness, 0, 8)
    forged = LOG.forked_at(4)
    assert code_of(witness, forged.body(8, 12)) == "witness_disagrees"
    assert witness.add_checkpoint(forged.body(8, 8)) == LastCosigned(8)
    cosigned(witness, 8, 12)


def test_strangers_are_refused(witness: Witness) -> None:
    assert code_of(witness, GrowingLog(MemoryNoteKey("other/log")).body(0, 4)) == "witness_refused"
    assert code_of(witness, GrowingLog(MemoryNoteKey()).body(0, 4)) == "witness_refused"
    assert code_of(witness, b"nonsense") == "witness_refused"
