"""A witness is killed at any moment: what it cosigned it remembers, and it cosigns one history."""

import os
import random
import threading
from pathlib import Path

from antin.core.errors import UnavailableError
from antin.infra.ledger.witness_folder import open_witness
from antin.ledger.checkpoints.cosignature import accept_answer
from antin.ledger.checkpoints.note import parse_signatures
from antin.ledger.ports import Cosigned, LastCosigned
from tests.growinglog import GrowingLog
from tests.witnesses import RunningWitness

KILLS = 200 if os.environ.get("ANTIN_SOAK") else 4
LOG = GrowingLog()


def grow_until(ended: threading.Event, running: RunningWitness, cosigned: list[int]) -> None:
    """Be a log whose witness may end in every step; note each size that it got cosigned."""
    known, client = (cosigned[-1] if cosigned else 0), running.client
    while not ended.is_set():
        size = known + 1
        try:
            answer = client.add_checkpoint(LOG.body(known, size))
        except UnavailableError:
            return
        if isinstance(answer, LastCosigned):
            assert answer.size >= known, "it forgot what it cosigned"
            known = answer.size
            continue
        assert isinstance(answer, Cosigned)
        assert accept_answer(LOG.note(size), answer.lines, running.verifier, _time_in(answer.lines))
        cosigned.append(size)
        known = size


def _time_in(line: bytes) -> int:
    return int.from_bytes(parse_signatures(line)[0].value[:8], "big")


def test_a_killed_witness_forgets_nothing_that_it_cosigned(tmp_path: Path) -> None:
    running = RunningWitness(tmp_path / "witness", (LOG.verifier.text,))
    moments = random.Random(7)  # noqa: S311 — moments of kills, not keys
    cosigned: list[int] = []
    for kill in range(KILLS):
        before, ended = len(cosigned), threading.Event()
        log = threading.Thread(target=grow_until, args=(ended, running, cosigned))
        log.start()
        wanted = before + moments.randrange(1, 12)
        while len(cosigned) < wanted and log.is_alive():
            log.join(0.001)
        running.kill()
        ended.set()
        log.join()
        kept = open_witness(running.folder).known(LOG.key.name)
        assert kept is not None
        assert kept == LOG.checkpoint(kept.size)
        assert kept.size >= cosigned[-1], f"kill {kill}: cosigned, and forgotten"
        assert sorted(set(cosigned)) == cosigned, "no size was cosigned twice or out of turn"
        running.start()
    forged = LOG.forked_at(1)
    assert running.post(forged.body(cosigned[-1], cosigned[-1]))[0] == 409
    assert running.stop()[0] == 0
