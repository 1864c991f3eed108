"""What reads texts: the ledger's notes and entries, canonical JSON, policies, settings, stamps."""

import json
import struct
import tempfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from antin.cli.appearances import read_appearance
from antin.core import canonical
from antin.infra.settings import parse_settings
from antin.ledger import entry as ledger_entry
from antin.ledger.checkpoints.checkpoint import open_checkpoint, parse_checkpoint
from antin.ledger.checkpoints.note import NoteSignature, ecdsa_verifier, parse_verifier, write_note
from antin.ledger.entry import Entry
from antin.signer.appearance.image import load_image
from antin.verifier.policy import SHIPPED, load_policy, shipped_text
from tests.fuzz.fixed_keys import OTHER, fixed_public_key, fixed_signature
from tests.fuzz.target import Dice, Target
from tests.fuzz.text_mutations import mutated_text

_ORIGIN: Final = "test.example/log"


@cache
def _verifier_text() -> str:
    return ecdsa_verifier(_ORIGIN, fixed_public_key(OTHER)).text


@cache
def _note() -> bytes:
    text = f"{_ORIGIN}\n12\n{'A' * 43}=\n"
    verifier = parse_verifier(_verifier_text())
    value = fixed_signature(OTHER, text.encode())
    other = NoteSignature("witness.example", b"abcd", b"x" * 64)
    return write_note(text, (NoteSignature(_ORIGIN, verifier.key_id, value), other))


def _checkpoint(case: bytes) -> None:
    said = parse_checkpoint(case)
    found = open_checkpoint(case, _ORIGIN, parse_verifier(_verifier_text()))
    assert (found.origin, found.size, found.root) == (_ORIGIN, 12, bytes(32)), "a forged checkpoint"
    assert said == found


def _entry_text(chance: Dice) -> bytes:
    entry = Entry(
        stream="document/0192",
        n=3,
        prev=bytes(32),
        micros=1_780_000_000_000_000,
        actor="user:0192",
        action="seal.completed",
        payload_digest=bytes(range(32)),
        request="req-1",
        ordinal=0,
    )
    return mutated_text(ledger_entry.encode(entry), chance)


def _entry(case: bytes) -> None:
    assert ledger_entry.encode(ledger_entry.parse(case)) == case, "two texts for one entry"


_JSON: Final[canonical.JsonObject] = {
    "a": [1, -5, True, None, "tiếng Việt", {"b": {}}],
    "facts": {"signer": "Nguyễn Văn A", "digest": "00" * 32},
    "z": 2**53 - 1,
}


def _json_text(chance: Dice) -> bytes:
    return mutated_text(canonical.dumps(_JSON), chance)


def _json(case: bytes) -> None:
    value = canonical.loads(case)
    assert canonical.dumps(value) == case, "two texts for one value"
    canonical.dumps_normalised(json.loads(case))


def _policy_text(chance: Dice) -> bytes:
    return mutated_text(shipped_text(chance.choice(SHIPPED)), chance)


_SETTINGS: Final = b"""language = "vi"
tsa_url = "http://tsa.test/"
trust_dir = "trust"
allowed_private = ["127.0.0.1"]

[ledger]
origin = "test.example/log"
credential = "checkpoint"

[[credentials]]
name = "seal"
module = "/usr/lib/softhsm.so"
token_label = "agency"
key_label = "seal"
key_id = "0aff"
scheme = "rsassa_pss"
agency = "H01"
pin = {file = "pin"}
"""


def _settings(case: bytes) -> None:
    found = parse_settings(Path("/nowhere"), case)
    _ = (found.database, found.broker, found.blob_folder, found.trust_folder)


_STAMP: Final = b"""page = 1
left_mm = 120
top_mm = 200.5
width_mm = 36
height_mm = 36
text = "S\xe1\xbb\x91 {number}, {time}"
"""


def _stamp(case: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stamp.toml"
        path.write_bytes(case)
        plan = read_appearance(path)
        assert plan is not None
        plan.as_text()
        plan.stamp(datetime(2026, 6, 1, tzinfo=UTC), "1")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@cache
def _bomb() -> bytes:
    return zlib.compress(b"\x00" * (90 << 20), 9)


def _image_bytes(chance: Dice) -> bytes:
    """Return a PNG whose parts were changed and whose checksums fit again."""
    sizes = (1, 4, 4, 4, 5000, 100_000, 2**31 - 1, 0)
    width, height = chance.choice(sizes), chance.choice(sizes)
    colour, depth = chance.choice((6, 6, 4, 3, 2, 0, 9)), chance.choice((8, 8, 16, 1, 3))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, chance.choice((0, 0, 1)))
    rows = (b"\x00" + b"\x80\x00\x00\x40" * 4) * 4
    packed = zlib.compress(rows) if chance.random() < 0.8 else _bomb()
    text = chance.choice((zlib.compress(b"a" * 10), _bomb()))
    others = (
        (b"PLTE", chance.randbytes(30)),
        (b"tRNS", chance.randbytes(chance.choice((1, 6, 300)))),
        (b"iCCP", b"name\x00\x00" + text),
        (b"zTXt", b"name\x00\x00" + text),
        (b"acTL", struct.pack(">II", chance.choice((1, 2**31 - 1)), 0)),
        (b"fcTL", chance.randbytes(26)),
        (b"eXIf", chance.randbytes(40)),
    )
    chunks = [(b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")]
    for _ in range(chance.choice((0, 1, 1, 3))):
        chunks.insert(chance.randrange(1, len(chunks)), chance.choice(others))
    made = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)
    return mutated_text(made, chance) if chance.random() < 0.3 else made


def _from(text: Callable[[], bytes]) -> Callable[[Dice], bytes]:
    return lambda chance: mutated_text(text(), chance)


def _verifier(case: bytes) -> None:
    try:
        parse_verifier(case.decode())
    except UnicodeDecodeError:
        return


TARGETS = (
    Target("text-checkpoint", _from(_note), _checkpoint),
    Target("text-verifier", _from(lambda: _verifier_text().encode()), _verifier),
    Target("text-entry", _entry_text, _entry),
    Target("text-json", _json_text, _json),
    Target("text-policy", _policy_text, load_policy),
    Target("text-settings", _from(lambda: _SETTINGS), _settings),
    Target("text-stamp", _from(lambda: _STAMP), _stamp),
    Target("text-image", _image_bytes, load_image),
)
