"""``sign.throughput.*`` and ``sign.batch.*``: many files, by one process and by two."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from benchmarks.material import TOKEN, Material
from benchmarks.pdf_files import make_pdf

if TYPE_CHECKING:
    from benchmarks.raw_signer import RawSigner

_SIZE = 100_000
_WARM = 20
"""Signatures of each process in run 0, which is not timed."""
_SETTINGS = """
trust_dir = "{trust}"
[softhsm]
tokens = "{tokens}"
[[credentials]]
name = "{name}"
token_label = "{name}"
key_label = "{name}"
pin = {{ file = "{pin}" }}
per_minute = 1000000
"""


def _files(material: Material, count: int) -> Path:
    """Return the folder of ``count`` files; made once for all that sign many."""
    folder = material.folder / f"sign-many-{count}"
    if not folder.exists():
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:04}.pdf").write_bytes(make_pdf(_SIZE, number))
    return folder


@dataclass(frozen=True)
class SignThroughput:
    """The signer alone, in processes that stand: each signs its share of the files."""

    name: str
    material: Material
    kind: str
    processes: int
    share: int
    most_runs: int = 5

    @property
    def count(self) -> int:
        """Signatures in each run."""
        return self.share * self.processes

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make the files."""
        _files(self.material, self.count)

    def load(self) -> None:
        """Import nothing: the processes that sign do."""

    def open(self, folder: Path) -> "SigningMany":
        """Start the processes; each opens the key."""
        return SigningMany(folder, self)


class SigningMany:
    """Signs all files in each run."""

    def __init__(self, folder: Path, benchmark: SignThroughput) -> None:
        self._output = folder / "out"
        names = sorted(_files(benchmark.material, benchmark.count).iterdir())
        step = benchmark.processes
        self._parts = [names[part::step] for part in range(step)]
        material, kind = benchmark.material, benchmark.kind
        # One pool for each process, so that each gets its part and no other.
        self._processes: list[Executor] = [
            ProcessPoolExecutor(1, get_context("spawn"), _Worker.open, (material, kind))
            for _ in self._parts
        ]

    def value(self, number: int) -> None:
        """Sign."""
        self._output.mkdir()
        self._in_each(
            lambda process, part: process.submit(_Worker.sign, part, self._output), number
        )

    def floor(self, number: int) -> None:
        """C_SignInit and C_Sign as often, nothing else."""
        self._in_each(lambda process, part: process.submit(_Worker.sign_raw, len(part)), number)

    def check(self, number: int) -> None:
        """See that every file was signed; make room for the next run."""
        signed = list(self._output.iterdir())
        assert len(signed) == sum(len(part) for part in self.parts(number))
        assert all(b"/ETSI.CAdES.detached" in path.read_bytes()[_SIZE // 2 :] for path in signed)
        shutil.rmtree(self._output)

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.shutdown()

    def parts(self, number: int) -> list[list[Path]]:
        """Return the files of each process in run ``number``."""
        return self._parts if number else [part[:_WARM] for part in self._parts]

    def _in_each(self, work: "Callable[[Executor, list[Path]], Future[None]]", number: int) -> None:
        pairs = zip(self._processes, self.parts(number), strict=True)
        for future in [work(process, part) for process, part in pairs]:
            future.result()


class _Worker:
    """What a process that signs holds."""

    _sign: ClassVar[Callable[[Path, Path], None]]
    _raw: ClassVar["RawSigner"]

    @classmethod
    def open(cls, material: Material, kind: str) -> None:
        from benchmarks.raw_signer import officers_raw_signer
        from benchmarks.signing import sign_with

        cls._sign = staticmethod(sign_with(material, kind))
        cls._raw = officers_raw_signer(material, kind)

    @classmethod
    def sign(cls, part: list[Path], output: Path) -> None:
        for path in part:
            cls._sign(path, output / path.name)

    @classmethod
    def sign_raw(cls, count: int) -> None:
        for _ in range(count):
            assert any(cls._raw.sign(bytes(32)))


@dataclass(frozen=True)
class SignBatch:
    """``antin sign FILES -o DIR --jobs N``, its start, checks and verification included."""

    name: str
    material: Material
    jobs: int
    count: int
    most_runs: int = 3

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make the files and a data directory with the officer's key."""
        _files(self.material, self.count)
        tokens = self.material.tokens
        (folder / "antin.toml").write_text(
            _SETTINGS.format(
                trust=self.material.folder / "pki" / "trust",
                tokens=tokens / "tokens",
                name=TOKEN,
                pin=tokens / "pins" / f"{TOKEN}.pin",
            )
        )

    def load(self) -> None:
        """Import the program; its workers import the signer."""
        import antin.cli.main
        import antin.cli.sign  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "SigningBatch":
        """Start the processes that the floor is measured in."""
        return SigningBatch(folder, self)


class SigningBatch(SigningMany):
    """Signs all files in each run, by the command."""

    def __init__(self, folder: Path, benchmark: SignBatch) -> None:
        share = benchmark.count // benchmark.jobs
        raw = SignThroughput("", benchmark.material, "p256", benchmark.jobs, share)
        self._data, self._benchmark = folder, benchmark
        self._code: int | None = None
        super().__init__(folder, raw)

    def value(self, number: int) -> None:
        """Run the command."""
        from antin.cli.main import main

        files = [str(path) for part in self.parts(number) for path in part]
        options = ["--data", str(self._data), "--credential", TOKEN]
        output = ["--jobs", str(self._benchmark.jobs), "-o", str(self._output)]
        with Path(os.devnull).open("w") as null, redirect_stdout(null), redirect_stderr(null):
            self._code = main(["sign", *files, *options, *output])

    def check(self, number: int) -> None:
        """See that the command said so, and that every file was signed."""
        assert self._code == 0, self._code
        super().check(number)
