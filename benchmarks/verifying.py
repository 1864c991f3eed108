"""``verify.*``: from a signed file to a report, offline, as ``antin verify --offline`` does it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.material import Material

if TYPE_CHECKING:
    from antin.verifier.report import Report

_RAW = "raw.json"
_DATA = b"anything"
_LINKED = 20_000_000
"""Larger files are made once, and every run has a name of its own for the same bytes."""


@dataclass(frozen=True)
class Verify:
    """A file by ``make`` (its argument tells files apart), then signed, B-B, ECDSA P-256.

    What an earlier file taught the process about certificates is forgotten before each run, unless
    ``warm``.
    """

    name: str
    material: Material
    make: Callable[[int], bytes]
    signatures: int
    warm: bool = False

    def make_files(self, folder: Path, runs: int) -> None:
        """Make, sign and describe a file for each run."""
        from antin.core.bytesource import FileSource
        from antin.pdf.document import open_pdf
        from benchmarks.signing import sign_with

        sign = sign_with(self.material)
        for number in range(runs + 1):
            path = _signed_file(self, folder, number, sign)
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
        return Verifying(folder, self)


def _signed_file(
    benchmark: Verify, folder: Path, number: int, sign: Callable[[Path, Path], None]
) -> Path:
    path, signed = folder / f"{number}.pdf", folder / f"{number}.signed.pdf"
    first = folder / "0.pdf"
    if number and first.stat().st_size > _LINKED:
        path.hardlink_to(first)
        return path
    path.write_bytes(benchmark.make(number))
    for _ in range(benchmark.signatures):
        sign(path, signed)
        signed.replace(path)
    return path


class Verifying:
    """Verifies run ``number``'s file."""

    def __init__(self, folder: Path, benchmark: Verify) -> None:
        from antin.verifier.policy import default_policy
        from benchmarks.floors import RawVerifier

        self._folder, self._benchmark = folder, benchmark
        self._trust, self._policy = benchmark.material.trust(), default_policy()
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
        """See that every signature was found and passed; forget what it taught, unless warm."""
        assert self._report is not None, number
        self._report.raise_if_not_passed()
        assert len(self._report.signatures) == self._benchmark.signatures
        if not self._benchmark.warm:
            _forget()
            self._trust = self._benchmark.material.trust()


def _forget() -> None:
    """Empty every cache of what was read of certificates, keys and revocation data."""
    from antin.pki.bounded_cache import BoundedCache

    modules = [module for name, module in sys.modules.items() if name.startswith("antin.pki.")]
    for value in [value for module in modules for value in vars(module).values()]:
        if isinstance(value, BoundedCache):
            value.clear()
        elif callable(getattr(value, "cache_clear", None)):
            value.cache_clear()
