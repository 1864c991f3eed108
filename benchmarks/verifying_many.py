"""``verify.bulk.*``: 1,000 files by one signer, as ``antin verify --offline --jobs N`` does it."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from benchmarks.material import Material
from benchmarks.pdf_files import make_pdf

_SIZE = 100_000
_RAW = "raw.json"
_DATA = b"anything"


@dataclass(frozen=True)
class VerifyMany:
    """So many worker processes, started anew in each run: no cache has seen the files."""

    name: str
    material: Material
    jobs: int
    count: int
    most_runs: int = 5

    @property
    def files(self) -> Path:
        """Where the files are: made once for all numbers of processes."""
        return self.material.folder / "verify-many"

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make and sign the files."""
        from antin.core.bytesource import FileSource
        from antin.pdf.document import open_pdf
        from benchmarks.signing import sign_with

        key = self.material.key()
        raw = [key.public_key.hex(), _DATA.hex(), key.sign(_DATA).hex()]
        (folder / _RAW).write_text(json.dumps(raw))
        if self.files.exists():
            return
        self.files.mkdir()
        sign, plain = sign_with(self.material), folder / "plain.pdf"
        ranges = {}
        for number in range(self.count):
            path = self.files / f"{number:04}.pdf"
            plain.write_bytes(make_pdf(_SIZE, number))
            sign(plain, path)
            with FileSource(path) as source:
                (field,) = open_pdf(source).signatures
            ranges[path.name] = field.byte_range
        (self.files / "ranges.json").write_text(json.dumps(ranges))

    def load(self) -> None:
        """Import the program; its workers import the verifier."""
        import antin.cli.main
        import antin.cli.verifying  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "VerifyingMany":
        """Start the processes that the floor is measured in."""
        return VerifyingMany(folder, self)


class VerifyingMany:
    """Verifies all files in each run."""

    def __init__(self, folder: Path, benchmark: VerifyMany) -> None:
        self._benchmark = benchmark
        self._reports = folder / "reports.jsonl"
        self._ranges = json.loads((benchmark.files / "ranges.json").read_text())
        self._raw = (folder / _RAW).read_text()
        self._processes = ProcessPoolExecutor(benchmark.jobs, get_context("spawn"))
        self._code: int | None = None

    def value(self, number: int) -> None:  # noqa: ARG002 — as the port has it
        """Run the command, its start and the start of its workers included."""
        from antin.cli.main import main

        trust = str(self._benchmark.material.folder / "pki" / "trust")
        options = ["--offline", "--trust", trust, "--jobs", str(self._benchmark.jobs)]
        output = ["--format", "json", "-o", str(self._reports)]
        with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
            self._code = main(["verify", str(self._benchmark.files), *options, *output])

    def floor(self, number: int) -> None:  # noqa: ARG002 — as the port has it
        """Hash what the byte ranges cover and check one raw signature each, as parallel."""
        names, jobs = sorted(self._ranges), self._benchmark.jobs
        parts = [{name: self._ranges[name] for name in names[part::jobs]} for part in range(jobs)]
        folder, raw = self._benchmark.files, self._raw
        calls = [self._processes.submit(_hash_and_check, folder, part, raw) for part in parts]
        assert sum(call.result() for call in calls) == len(names)

    def check(self, number: int) -> None:  # noqa: ARG002 — as the port has it
        """See that every file passed."""
        assert self._code == 0, self._code
        with self._reports.open() as lines:
            reports = [json.loads(line) for line in lines]
        assert len({one["sha256"] for one in reports}) == self._benchmark.count
        assert {one["conclusion"] for one in reports} == {"TOTAL-PASSED"}

    def close(self) -> None:
        """End the processes."""
        self._processes.shutdown()


def _hash_and_check(folder: Path, ranges: dict[str, list[int]], raw: str) -> int:
    from benchmarks.floors import RawVerifier, hash_ranges

    verifier = RawVerifier(*(bytes.fromhex(one) for one in json.loads(raw)))
    for name, (one, first, other, second) in ranges.items():
        with (folder / name).open("rb") as file:
            hash_ranges(file.fileno(), [(one, first), (other, second)])
        verifier.check()
    return len(ranges)
