"""``sign.*``: from a file and a key on a token to a signed file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.material import Material
from benchmarks.pdf_files import make_pages, make_pdf, write_pdf

_LINKED = 5_000_000
"""Larger files are made once, and every run has a name of its own for the same bytes."""
_LONG = 100_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True)
class SignAlone:
    """The signer alone: B-B, no certificate checks before, no verification after.

    A file of ``size`` bytes, or of so many ``pages``; by the officer's key of this ``kind``.
    """

    name: str
    material: Material
    size: int
    kind: str = "p256"
    pages: int = 0

    @property
    def most_runs(self) -> int:
        """Few where a run takes seconds."""
        return 1_000 if self.size < _LONG else 7 if self.size < 8 * _LONG else 3

    def make_files(self, folder: Path, runs: int) -> None:
        """Make a file for each run."""
        for number in range(runs + 1):
            self._make_file(_input(folder, number), number)

    def _make_file(self, path: Path, number: int) -> None:
        first = _input(path.parent, 0)
        if self.pages:
            path.write_bytes(make_pages(self.pages, number))
        elif self.size < _LINKED:
            path.write_bytes(make_pdf(self.size, number))
        elif number:
            path.hardlink_to(first)
        else:
            write_pdf(path, self.size)

    def load(self) -> None:
        """Import the signer and the token's driver."""
        import antin.hsm.pkcs11
        import antin.signer.pades  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "Signing":
        """Open the key."""
        return Signing(folder, self, sign_with(self.material, self.kind), hashings=1)


@dataclass(frozen=True)
class SignFlow(SignAlone):
    """What ``antin sign`` does: check the certificate, sign, verify what came out."""

    def load(self) -> None:
        """Import what checks before and after, too."""
        super().load()
        import antin.flows.loose  # noqa: F401 — as in SignAlone

    def open(self, folder: Path) -> "Signing":
        """Open the key and read the trust folder."""
        return Signing(folder, self, sign_checked(self.material), hashings=2)


class Signing:
    """Signs run ``number``'s file into ``number.out.pdf``."""

    def __init__(
        self,
        folder: Path,
        benchmark: SignAlone,
        sign: Callable[[Path, Path], None],
        *,
        hashings: int,
    ) -> None:
        from benchmarks.raw_signer import officers_raw_signer

        self._folder, self._sign, self._hashings = folder, sign, hashings
        self._raw = officers_raw_signer(benchmark.material, benchmark.kind)

    def value(self, number: int) -> None:
        """Sign."""
        self._sign(_input(self._folder, number), self._output(number))

    def floor(self, number: int) -> None:
        """Copy, hash as often as can't be helped, one C_Sign."""
        from benchmarks.raw_signer import copy_hash_sign

        copy = self._folder / f"{number}.copy"
        copy_hash_sign(_input(self._folder, number), copy, self._raw, self._hashings)
        # Only now: a name that is taken by an older file would cost the floor its removal.
        copy.unlink()

    def check(self, number: int) -> None:
        """See that a signature was added to the same bytes; make room for the next run."""
        output = self._output(number)
        assert b"/ETSI.CAdES.detached" in added(_input(self._folder, number), output)
        output.unlink()

    def _output(self, number: int) -> Path:
        return self._folder / f"{number}.out.pdf"


def added(before: Path, after: Path) -> bytes:
    """Return what ``after`` holds behind the bytes of ``before``, which it begins with."""
    with before.open("rb") as old, after.open("rb") as new:
        while chunk := old.read(_CHUNK):
            assert new.read(len(chunk)) == chunk
        return new.read()


def _input(folder: Path, number: int) -> Path:
    return folder / f"{number}.pdf"


def sign_with(material: Material, kind: str = "p256") -> Callable[[Path, Path], None]:
    """Return what signs a file with the officer's key, B-B, and nothing around it."""
    from antin.core.bytesource import FileSource
    from antin.signer import pades
    from antin.signer.request import SignatureRequest

    key = material.key(kind)
    assert key.certificate is not None
    certificate = key.certificate

    def sign(source: Path, output: Path) -> None:
        request = SignatureRequest(certificate, key.algorithm, datetime.now(UTC))
        with FileSource(source) as file:
            pades.sign(file, output, key, request, None, None)

    return sign


def sign_checked(material: Material) -> Callable[[Path, Path], None]:
    """Return what signs a file, B-B, as ``antin sign`` does it without a network."""
    from antin.core.bytesource import FileSource
    from antin.core.clock import SystemClock
    from antin.flows.loose import LooseRequest, Surroundings, sign_file
    from antin.verifier.policy import default_policy

    key, trust, policy = material.key(), material.trust(), default_policy()

    def sign(source: Path, output: Path) -> None:
        around = Surroundings(trust, policy, SystemClock())
        with FileSource(source) as file:
            sign_file(file, output, key, LooseRequest(), around)

    return sign
