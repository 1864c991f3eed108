"""``ledger.share.seal``: a seal request with the ledger, and the same without."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.material import Material
from benchmarks.pdf_files import make_pdf
from benchmarks.runner import Figure

if TYPE_CHECKING:
    from antin.flows.services import Services
    from antin.records.grants import Principal

_SIZE = 100_000
_AGENCY = "UBND-MAU"
_KEYS = (("seal", "seal", ("--agency", _AGENCY)), ("checkpoint", "checkpoint", ()))


@dataclass(frozen=True)
class SealShare:
    """The flow *seal* on SQLite, level B-B, of a file that an officer signed.

    What goes over the network is left out, so that the ledger's part is the larger one. Value: what
    the caller waits for. Floor: the same without entries and checkpoint; its commits remain, since
    the rows need them. ``.entries``: the part of the whole that passed in appending.
    ``.checkpoint``: what the checkpoint takes that is made after the answer (its key's use, its
    commit and its file), told in the same unit although nobody waits for it.
    """

    name: str
    material: Material
    most_runs: int = 30

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make an office with the keys of agency and ledger."""
        tokens = self.material.tokens
        for part in ("tokens", "pins"):
            shutil.copytree(tokens / part, folder / "data" / part)
        _antin(
            folder,
            *("init", "--origin", "ledger.example.vn/bench", "--softhsm"),
            *("--agency-code", _AGENCY, "--agency-name", "UBND tỉnh Mẫu"),
            *("--admin", "Quản trị viên Mẫu", "--ledger-credential", "checkpoint"),
            *("--trust", str(self.material.folder / "pki" / "trust")),
        )
        pin = folder / "data" / "pins" / "agency.pin"
        for name, key, more in _KEYS:
            where = ("--token", "agency", "--key-label", key, "--pin-file", str(pin))
            _antin(folder, "credential", "add", name, *where, *more)

    def load(self) -> None:
        """Import the services."""
        import antin.flows.filing
        import antin.flows.seal
        import antin.infra.wiring  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "Sealing":
        """Open the services, as ``antin serve`` does."""
        return Sealing(folder, self)


class Sealing:
    """Seals one document in each run, and another one without a ledger."""

    def __init__(self, folder: Path, benchmark: SealShare) -> None:
        from antin.flows.administration import authenticate
        from antin.infra.settings import load_settings
        from antin.infra.wiring import open_services
        from benchmarks.signing import sign_with

        os.environ["ANTIN_DATA_DIR"] = str(folder / "data")
        self._open = ExitStack()
        self._services: Services = self._open.enter_context(
            open_services(load_settings(), service=True)
        )
        key = (folder / "data" / "admin.key").read_text().strip()
        self._me: Principal = authenticate(self._services, key)
        self._folder = folder
        self._sign = sign_with(benchmark.material, "p256")
        self._ledger = _Ledger()
        self._sealed: list[Any] = []
        self._numbers = count()
        self._ready = [self._document() for _ in range(2)]

    def value(self, number: int) -> None:  # noqa: ARG002 — every run does the same
        """Seal."""
        with self._ledger.timed():
            self._seal()

    def floor(self, number: int) -> None:  # noqa: ARG002 — as above
        """Seal without a ledger."""
        with self._ledger.left_out():
            self._seal()

    def figures(self, number: int) -> tuple[Figure, ...]:  # noqa: ARG002 — as above
        """Tell which part of the whole the ledger took."""
        parts = self._ledger.parts()
        return tuple(Figure(name, part, "of 1", 1) for name, part in parts.items())

    def check(self, number: int) -> None:  # noqa: ARG002 — as above
        """See that both were sealed, and one of them on record; bring the next two."""
        self._settle()
        assert [one["state"] for one in self._sealed] == ["COMPLETED"] * 2
        documents = [f"document/{one['document_id']}" for one in self._sealed]

        def actions(stores: Any) -> list[list[str]]:
            streams = [stores.ledger.of_stream(one) for one in documents]
            return [[row.action for row in rows if "seal." in row.action] for rows in streams]

        assert self._ledger.parts()["checkpoint"] > 0, "one was made"
        without, on_record = self._services.work.read(actions)
        assert without == []
        assert on_record[0] == "seal.intended", on_record
        assert on_record[-1] == "seal.completed", on_record
        self._sealed.clear()
        self._ready = [self._document() for _ in range(2)]

    def close(self) -> None:
        """Close the services."""
        self._open.close()

    def _settle(self) -> None:
        """Wait until what is done after the answer is done."""
        aside: Any = self._services.aside
        aside.settle()

    def _seal(self) -> None:
        from antin.flows.seal import NewSeal, seal_document
        from antin.signer.request import Level

        new = NewSeal(self._ready.pop(0), level=Level.B_B)
        self._sealed.append(seal_document(self._services, self._call("seal"), new))

    def _document(self) -> str:
        """Hand in a signed letter; return its document's id."""
        from antin.core.bytesource import FileSource
        from antin.flows.administration import list_agencies
        from antin.flows.filing import NewDocument, upload_document

        letter, signed = self._folder / "letter.pdf", self._folder / "signed.pdf"
        letter.write_bytes(make_pdf(_SIZE, next(self._numbers)))
        self._sign(letter, signed)
        (agency,) = list_agencies(self._services, self._me)
        new = NewDocument(str(agency["id"]), "Công văn mẫu", "letter.pdf")
        with FileSource(signed) as source:
            made = upload_document(self._services, self._call("upload"), source, new)
        signed.unlink()
        return str(made["id"])

    def _call(self, route: str) -> Any:
        from antin.core.ids import new_id
        from antin.flows.requests import make_call

        return make_call(self._services, self._me, route, new_id(), "")


class _Ledger:
    """Stands in the ledger's doors: what goes through is timed, or not let through at all."""

    def __init__(self) -> None:
        from antin.flows.audit import checkpoints
        from antin.infra.ledger.group import GroupLedger

        self._open = True
        self._depth = 0
        self._took = {"entries": 0.0, "checkpoint": 0.0}
        self._whole = 0.0
        for name in ("append", "write"):
            setattr(GroupLedger, name, self._door("entries", getattr(GroupLedger, name)))
        checkpoints.take_checkpoint = self._door("checkpoint", checkpoints.take_checkpoint)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time what goes through, from now on, and the whole."""
        self._took = dict.fromkeys(self._took, 0.0)
        start = time.perf_counter()
        yield
        self._whole = time.perf_counter() - start

    @contextmanager
    def left_out(self) -> Iterator[None]:
        """Let nothing through."""
        self._open = False
        yield
        self._open = True

    def parts(self) -> dict[str, float]:
        """Return the parts of the whole that were timed last."""
        return {name: took / self._whole for name, took in self._took.items()}

    def _door(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def door(*arguments: Any) -> Any:
            if not self._open:
                return None
            # Of doors behind doors the first one counts: one request is under way, one at a time.
            start, self._depth = time.perf_counter(), self._depth + 1
            try:
                return real(*arguments)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._took[name] += time.perf_counter() - start

        return door


def _antin(folder: Path, *arguments: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTIN_")}
    subprocess.run(
        [sys.executable, "-m", "antin.cli", *arguments],
        env={**kept, "ANTIN_DATA_DIR": str(folder / "data")},
        check=True,
        capture_output=True,
    )
