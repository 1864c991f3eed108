"""A witness's folder: made once, opened only whole, and never rolled back."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from antin.core.errors import AntinError, ConflictError
from antin.infra.ledger import witness_folder
from antin.infra.ledger.witness_folder import (
    KEY,
    LOGS,
    PUBLIC,
    STATE,
    make_witness,
    open_witness,
    read_passphrase,
)
from antin.ledger.checkpoints.cosignature import accept_answer
from antin.ledger.checkpoints.note import NoteSignature, parse_note, write_note
from antin.ledger.checkpoints.witness import Submission
from tests.growinglog import GrowingLog
from tests.notekey import MemoryNoteKey
from tests.witnesskey import WitnessKey

LOG = GrowingLog()
NAME = "witness.example/w1"
NOW = 1_700_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "witness"
    make_witness(made, NAME, (LOG.verifier.text,))
    return made


def code_of(folder: Path, passphrase: bytes | None = None) -> str:
    with pytest.raises(AntinError) as caught:
        open_witness(folder, passphrase)
    return caught.value.code


def test_it_is_made_once_and_its_key_is_its_own(folder: Path) -> None:
    assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
    before = (folder / KEY).read_bytes()
    with pytest.raises(AntinError) as caught:
        make_witness(folder, NAME, ())
    assert caught.value.code == "witness_folder_unusable"
    assert (folder / KEY).read_bytes() == before
    assert open_witness(folder).verifier.text == (folder / PUBLIC).read_text().strip()


def test_it_cosigns_as_the_specification_says(folder: Path) -> None:
    witness = open_witness(folder)
    line = witness.add_checkpoint(LOG.body(0, 5), NOW)
    key = WitnessKey(NAME)
    private = load_pem_private_key((folder / KEY).read_bytes(), None)
    key.private = private  # type: ignore[assignment]  # it made an Ed25519 key
    assert line.decode() == key.line(LOG.note(5)[: LOG.note(5).index(b"\n\n") + 2], NOW)
    assert witness.known(LOG.key.name) == LOG.checkpoint(5)


def test_extension_lines_are_signed_with_the_rest(folder: Path) -> None:
    text = LOG.checkpoint(4).text + "an extension\n"
    signature = NoteSignature(LOG.key.name, LOG.verifier.key_id, LOG.key.sign(text.encode()))
    note = write_note(text, (signature,))
    line = open_witness(folder).add_checkpoint(Submission(0, (), note).write(), NOW)
    assert parse_note(note).text == text
    assert accept_answer(note, line, open_witness(folder).verifier, NOW)


def test_a_key_with_a_passphrase(tmp_path: Path) -> None:
    folder, phrase = tmp_path / "witness", tmp_path / "phrase"
    phrase.write_text("ấn tín\nsecond line\n")
    make_witness(folder, NAME, (), read_passphrase(phrase))
    assert b"ENCRYPTED" in (folder / KEY).read_bytes()
    assert code_of(folder) == "witness_folder_unusable"
    assert code_of(folder, b"wrong") == "witness_folder_unusable"
    assert open_witness(folder, read_passphrase(phrase)).verifier.name == NAME
    with pytest.raises(AntinError) as caught:
        read_passphrase(tmp_path / "gone")
    assert caught.value.code == "file_unreadable"


@pytest.mark.parametrize("name", [KEY, PUBLIC, LOGS, STATE])
def test_what_is_missing_is_not_made_up(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert code_of(folder) == "witness_folder_unusable"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (KEY, b"no key"),
        (PUBLIC, b"no key"),
        pytest.param(PUBLIC, WitnessKey(NAME).text().encode(), id="another-key"),
        (PUBLIC, b"\xff"),
        (LOGS, b"no key\n"),
        pytest.param(LOGS, WitnessKey().text().encode(), id="a-witness-as-log"),
        (STATE, b""),
        (STATE, b"{}"),
        (STATE, b"[" * 100_000),
        (STATE, b'{"version": 2, "logs": {}}'),
        (STATE, b'{"version": 1, "logs": 5}'),
        (STATE, b'{"version": 1, "logs": {"a": 5}}'),
        (STATE, b'{"version": 1, "logs": {"a": "no note"}}'),
    ],
)
def test_what_was_altered_is_not_used(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    (folder / name).chmod(0o600)
    assert code_of(folder) == "witness_folder_unusable"


def test_a_state_that_goes_bad_later_cosigns_nothing(folder: Path) -> None:
    witness = open_witness(folder)
    witness.add_checkpoint(LOG.body(0, 5), NOW)
    text = (folder / STATE).read_text()
    (folder / STATE).write_text(text.replace(LOG.key.name, "other/log", 1))
    with pytest.raises(AntinError) as caught:
        witness.add_checkpoint(LOG.body(0, 5), NOW)
    assert caught.value.code == "witness_folder_unusable"


def test_a_state_that_could_not_be_read_again_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One log's large notes end nothing for the others."""
    other = GrowingLog(MemoryNoteKey("other.example/log"))
    folder = tmp_path / "witness"
    make_witness(folder, NAME, (LOG.verifier.text, other.verifier.text))
    witness = open_witness(folder)
    witness.add_checkpoint(LOG.body(0, 5), NOW)
    monkeypatch.setattr(witness_folder, "MAX_JSON_BYTES", (folder / STATE).stat().st_size + 10)
    with pytest.raises(AntinError) as caught:
        witness.add_checkpoint(other.body(0, 5), NOW)
    assert caught.value.code == "storage_full"
    assert witness.add_checkpoint(LOG.body(5, 6), NOW)


def test_a_key_that_others_may_read_is_not_used(folder: Path) -> None:
    (folder / KEY).chmod(0o640)
    assert code_of(folder) == "witness_folder_unusable"


def test_comments_and_empty_lines_among_the_logs(folder: Path) -> None:
    (folder / LOGS).write_text(f"# ours\n\n{LOG.verifier.text}\n")
    assert open_witness(folder).add_checkpoint(LOG.body(0, 5), NOW)


def test_what_could_not_be_made_durable_is_not_cosigned(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness = open_witness(folder)
    witness.add_checkpoint(LOG.body(0, 5), NOW)

    def failing(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("antin.infra.durable.os.fsync", failing)
    with pytest.raises(AntinError) as caught:
        witness.add_checkpoint(LOG.body(5, 9), NOW)
    assert caught.value.code == "storage_full"
    monkeypatch.undo()
    assert witness.known(LOG.key.name) == LOG.checkpoint(5)


def test_it_is_durable_before_it_is_cosigned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness, synced = open_witness(folder), list[int]()
    sync = os.fsync

    def counting(fd: int) -> None:
        synced.append(fd)
        sync(fd)

    monkeypatch.setattr("antin.infra.durable.os.fsync", counting)
    witness.add_checkpoint(LOG.body(0, 5), NOW)
    assert len(synced) == 2, "the file, and its name in the folder"
    witness.add_checkpoint(LOG.body(5, 5), NOW)
    assert len(synced) == 2, "it was kept already"


def test_threads_and_processes_race_for_one_state(folder: Path) -> None:
    """Two objects on one folder are as two processes: each step is seen by both."""
    witnesses = [open_witness(folder), open_witness(folder)]
    logs = [LOG, LOG.forked_at(0)]
    barrier = threading.Barrier(8)

    def race(number: int) -> bool:
        barrier.wait()
        try:
            return bool(witnesses[number % 2].add_checkpoint(logs[number // 2 % 2].body(0, 3), NOW))
        except ConflictError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 1
