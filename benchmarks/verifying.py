"""``verify.*``: from a signed file to a report, offline, as ``antin verify --offline`` does it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.material import Material
from benchmarks.pdf_files import make_pdf

if TYPE_CHECKING:
    from antin.verifier.report import Report

_RAW = "raw.json"
_DATA = b"anything"


@dataclass(frozen=True)
class Verify:
    """A file of ``size`` bytes before it got ``signatures`` signatures, B-B, ECDSA P-256."""

    name: str
    material: Material
    size: int
    signatures: int

    def make_files(self, folder: Path, runs: int) -> None:
        """Make, sign and describe a file for each run."""
        from antin.core.bytesource import FileSource
        from antin.pdf.document import open_pdf

        for number in range(runs + 1):
            path = _signed_file(self, folder, number)
            with FileSource(path) as source:
                ranges = [field.byte_range for field in open_pdf(source).signatures]
            assert len(ranges) == self.signatures
            (folder / f"{number}.ranges.json").write_text(json.dumps(ranges))
        # The measuring process opens no token: its memory is the verifier's.
        key = self.material.key()
        raw = [key.public_key.hex(), _DATA.hex(), key.sign(_DATA).hex()]
        (folder / _RAW).write_text(json.dumps(raw))

    def load(self) -> None:
        """Import the verifier."""
        import antin.flows.verify  # noqa: F401 — loading it is all that is wanted

    def open(self, folder: Path) -> "Verifying":
        """Read trust and policy."""
        return Verifying(folder, self.material, self.signatures)


def _signed_file(benchmark: Verify, folder: Path, number: int) -> Path:
    from benchmarks.signing import sign_with

    sign = sign_with(benchmark.material)
    path, signed = folder / f"{number}.pdf", folder / f"{number}.signed.pdf"
    path.write_bytes(make_pdf(benchmark.size, number))
    for _ in range(benchmark.signatures):
        sign(path, signed)
        signed.replace(path)
    return path


class Verifying:
    """Verifies run ``number``'s file."""

    def __init__(self, folder: Path, material: Material, signatures: int) -> None:
        from antin.verifier.policy import default_policy
        from benchmarks.floors import RawVerifier

        self._folder, self._signatures = folder, signatures
        self._trust, self._policy = material.trust(), default_policy()
        raw = json.loads((folder / _RAW).read_text())
        self._raw = RawVerifier(*map(bytes.fromhex, raw))
        self._report: Report | None = None

    def value(self, number: int) -> None:
        """Verify."""
        from antin.core.bytesource import FileSource
        from antin.flows.verify import verify_with

        path = self._folder / f"{number}.pdf"
        with FileSource(path) as source:
            now = datetime.now(UTC)
            self._report = verify_with(source, path.name, self._trust, now, self._policy, None)

    def floor(self, number: int) -> None:
        """Hash what each byte range covers and check one raw signature each."""
        from benchmarks.floors import hash_ranges

        ranges = json.loads((self._folder / f"{number}.ranges.json").read_text())
        with (self._folder / f"{number}.pdf").open("rb") as file:
            for one, first, other, second in ranges:
                hash_ranges(file.fileno(), [(one, first), (other, second)])
                self._raw.check()

    def check(self, number: int) -> None:
        """See that every signature was found and passed."""
        assert self._report is not None, number
        self._report.raise_if_not_passed()
        assert len(self._report.signatures) == self._signatures
