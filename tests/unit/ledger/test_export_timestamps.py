"""Time-stamps in exports: both verifiers see what they stamp and whether they are signed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antin.core.digests import digest_of
from antin.core.errors import RefusedError
from antin.flows.unit_of_work import Done, Stores
from antin.infra.ledger.export_checking import check_export
from antin.ledger.checkpoints.anchors import check_anchors, stamped_bytes
from antin.ledger.checkpoints.note import parse_verifier
from antin.ledger.export.single_file import verify_ledger as single_file
from antin.ledger.ports import StoredCheckpoint, Timestamp
from antin.pki.timestamps import check_response, new_query
from tests.exports import KEY, VKEY, export
from tests.fakes.memory_work import MemoryUnitOfWork
from tests.ledgers import append, checkpoint
from tests.rows import NOW, an_act
from tests.trustworld import TrustWorld

LOG = parse_verifier(VKEY)


def stamp(world: TrustWorld, data: bytes, days: int, digest: str = "sha256") -> bytes:
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    query = new_query(digest_of(data, digest), digest)
    return check_response(query, world.timestamps(moment).request(query)).token


def series(world: TrustWorld, made: StoredCheckpoint) -> list[bytes]:
    """Return two tokens over a checkpoint, of which the second renews the first."""
    first = stamp(world, stamped_bytes(made.note, LOG, ()), 0)
    return [first, stamp(world, stamped_bytes(made.note, LOG, [first]), 1)]


@pytest.fixture(scope="module")
def world_tokens(trust_world: TrustWorld) -> tuple[MemoryUnitOfWork, list[Timestamp]]:
    work = MemoryUnitOfWork()
    stamps = []
    for size in (3, 300):
        append(work, *["agency/a"] * size)
        made = checkpoint(work, KEY)
        tokens = series(trust_world, made)
        stamps += [Timestamp(made.size, n, token, NOW) for n, token in enumerate(tokens)]

    def keep(stores: Stores) -> Done[None]:
        for one in stamps:
            stores.ledger.add_timestamp(one)
        return Done(None)

    work.run(an_act(), keep)
    return work, stamps


@pytest.fixture
def folder(world_tokens: tuple[MemoryUnitOfWork, list[Timestamp]], tmp_path: Path) -> Path:
    export(world_tokens[0], tmp_path)
    return tmp_path


def both(folder: Path) -> tuple[str, set[str]]:
    ours = check_export(folder, LOG)
    said = (ours.conclusion.value, {one.code for one in ours.findings})
    theirs = single_file.verify(str(folder), single_file.Key(VKEY), [], 1)
    assert (theirs.conclusion, {one[0] for one in theirs.found.found}) == said
    return said


def test_they_are_exported_and_checked(folder: Path) -> None:
    names = {path.name for path in (folder / "timestamps").iterdir()}
    assert names == {"3-0.tsr", "3-1.tsr", "303-0.tsr", "303-1.tsr"}
    assert both(folder) == ("TOTAL-PASSED", {"timestamps_unjudged"})


def swap(folder: Path) -> None:
    first, second = folder / "3-0.tsr", folder / "303-0.tsr"
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        path = folder / name
        path.write_bytes(change(path.read_bytes()))

    return harm


HARM: dict[str, Callable[[Path], object]] = {
    "one of another checkpoint": swap,
    "the first of two removed": lambda folder: (folder / "3-0.tsr").unlink(),
    "of no checkpoint": lambda folder: (folder / "3-0.tsr").rename(folder / "5-0.tsr"),
    "the second one first": lambda folder: (folder / "3-1.tsr").replace(folder / "3-0.tsr"),
    "cut": rewrite("3-0.tsr", lambda data: data[:-1]),
    "emptied": rewrite("3-0.tsr", lambda data: b""),
    "more": rewrite("3-0.tsr", lambda data: data + b"\x00"),
    "signature": rewrite("3-0.tsr", lambda data: data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]),
    "more after the last one": rewrite("303-1.tsr", lambda data: data + b"\x00\x00"),
    "the last one in BER": rewrite(
        "303-1.tsr", lambda data: b"\x30\x84" + (len(data) - 4).to_bytes(4, "big") + data[4:]
    ),
    # Whoever has no key can still say who signed, and with what for a certificate.
    "another authority's name": rewrite("303-1.tsr", lambda data: data.replace(b"Antin", b"Other")),
    "a certificate of no version": rewrite(
        "303-1.tsr", lambda data: data.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03")
    ),
    "another digest announced": rewrite(
        "303-1.tsr",
        lambda data: data.replace(
            bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303")
        ),
    ),
    "nonsense": rewrite("3-0.tsr", lambda data: b"\x30\x84\xff\xff\xff\xff" + data),
}


@pytest.mark.parametrize("how", sorted(HARM))
def test_none_is_altered_unseen(folder: Path, how: str) -> None:
    HARM[how](folder / "timestamps")
    said, codes = both(folder)
    assert said == "TOTAL-FAILED"
    assert "timestamp_invalid" in codes


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_a_weak_digest_proves_nothing(
    folder: Path, trust_world: TrustWorld, algorithm: str
) -> None:
    """Who signs checkpoints could make two of one such digest."""
    note = (folder / "checkpoint").read_bytes()
    before = (folder / "timestamps" / "303-1.tsr").read_bytes()
    stamped = stamped_bytes(note, LOG, [before])
    token = stamp(trust_world, stamped, 2, algorithm)
    (folder / "timestamps" / "303-2.tsr").write_bytes(token)
    assert both(folder) == ("TOTAL-FAILED", {"timestamp_invalid", "timestamps_unjudged"})
    tokens = [(folder / "timestamps" / f"303-{n}.tsr").read_bytes() for n in range(3)]
    assert len(check_anchors(note, LOG, tokens[:2])) == 2
    with pytest.raises(RefusedError, match=f"it leans on {algorithm}"):
        check_anchors(note, LOG, tokens)


def test_what_is_signed_in_a_token_counts(folder: Path) -> None:
    """Every 7th byte flipped: neither takes it for whole, save where it is not signed."""
    path = folder / "timestamps" / "303-1.tsr"
    data = path.read_bytes()
    note = (folder / "checkpoint").read_bytes()
    stamped = stamped_bytes(note, LOG, [(folder / "timestamps" / "303-0.tsr").read_bytes()])
    single_file.check_token(data, stamped)
    held = 0
    for at in range(0, len(data), 7):
        try:
            single_file.check_token(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], stamped)
        except single_file.Unreadable:
            continue
        held += 1
    assert held < len(data) // 7 // 2
