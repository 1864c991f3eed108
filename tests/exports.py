"""Small ledgers that are exported into folders."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from antin.core.canonical import JsonObject
from antin.core.clock import FixedClock
from antin.flows.audit import export_ledger
from antin.flows.services import Services
from antin.flows.unit_of_work import UnitOfWork
from antin.infra.ledger.export_writing import open_export
from antin.ledger.checkpoints.note import ecdsa_verifier
from antin.ledger.ports import NoteSigner
from tests.fakes.memory_sink import MemorySink
from tests.notekey import ORIGIN, MemoryNoteKey
from tests.rows import NOW

KEY = MemoryNoteKey()
VKEY = ecdsa_verifier(ORIGIN, KEY.public_key).text


def ledger_services(work: UnitOfWork, key: NoteSigner = KEY) -> Services:
    """Return as much of an installation as exporting needs."""
    made = SimpleNamespace(
        work=work,
        origin=ORIGIN,
        checkpoint_key=key,
        checkpoint_sink=MemorySink(),
        clock=FixedClock(NOW),
    )
    return cast("Services", made)


def export(work: UnitOfWork, folder: Path, *, with_payloads: bool = False) -> JsonObject:
    """Export a ledger; return what the command tells."""
    with open_export(folder) as target:
        return export_ledger(
            ledger_services(work), target, lambda _: None, with_payloads=with_payloads
        )


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by their names."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
