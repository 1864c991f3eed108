"""Exports of large ledgers, written straight into a folder: as ``antin ledger export`` does."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

_ACTIVE, _EACH = 32, 20
"""So many records are worked on at a time, until each has so many entries."""
_CHUNK = 4096
ORIGIN = "bench.example/log"


def entries(count: int) -> Iterator[bytes]:
    """Yield entries of about 305 bytes in many streams, each of a request of its own."""
    from antin.ledger.entry import Entry, encode
    from antin.ledger.tree.merkle import leaf_hash

    digest = hashlib.sha256(b"facts").digest()
    tips: dict[int, tuple[int, bytes | None]] = {}
    for index in range(count):
        number = index // (_ACTIVE * _EACH) * _ACTIVE + index % _ACTIVE
        n, prev = tips.get(number, (0, None))
        request = f"019352f0-{index % 65536:04x}-7c3a-8d1e-{index:012x}"
        entry = Entry(
            stream=f"record/019352f0-8d1e-{number:08x}",
            n=n,
            prev=prev,
            micros=1_700_000_000_000_000 + index,
            actor="019352f0",
            action="document.uploaded",
            payload_digest=digest,
            request=request,
            ordinal=0,
        )
        data = encode(entry)
        tips[number] = (n + 1, leaf_hash(data))
        yield data


def make_export(folder: Path, count: int) -> str:
    """Write an export of ``count`` entries; return the key to check it with."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from antin.infra.ledger.export_reading import LedgerFolder
    from antin.ledger.checkpoints.checkpoint import Checkpoint
    from antin.ledger.checkpoints.note import NoteSignature, verifier_of, write_note
    from antin.ledger.export import layout as export
    from antin.ledger.tree.build import TileBuilder
    from antin.ledger.tree.merkle import leaf_hashes
    from antin.ledger.tree.tiles import TILE_WIDTH, bundles_of, write_bundle

    def write(name: str, data: bytes) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    builder = TileBuilder()
    source = entries(count)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / export.ENTRIES).open("wb") as lines:
        for start in range(0, count, _CHUNK):
            stop = min(start + _CHUNK, count)
            chunk = [next(source) for _ in range(start, stop)]
            for tile, data in builder.add(leaf_hashes(chunk)):
                write(tile.path, data)
            for bundle in bundles_of(stop, start):
                first = bundle.start - start
                write(bundle.path, write_bundle(chunk[first : first + TILE_WIDTH]))
            lines.writelines(export.entry_line(n, one) for n, one in enumerate(chunk, start))
    for tile, data in builder.partial():
        write(tile.path, data)
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    verifier = verifier_of(ORIGIN, public)
    text = Checkpoint(ORIGIN, count, builder.frontier().root()).text
    value = key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    note = write_note(text, (NoteSignature(ORIGIN, verifier.key_id, value),))
    write(export.CHECKPOINTS, export.checkpoint_line(count, note))
    write(export.KEY, f"{verifier.text}\n".encode())
    for name, data in LedgerFolder(folder).shipped():
        write(name, data)
    write(export.CHECKPOINT, note)
    return verifier.text
