"""``sign.*``: from a file and a key on a token to a signed file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.material import Material
from benchmarks.pdf_files import make_pdf


@dataclass(frozen=True)
class SignAlone:
    """The signer alone: B-B, no certificate checks before, no verification after."""

    name: str
    material: Material
    size: int

    def make_files(self, folder: Path, runs: int) -> None:
        """Make a file of ``size`` bytes for each run."""
        for number in range(runs + 1):
            _input(folder, number).write_bytes(make_pdf(self.size, number))

    def load(self) -> None:
        """Import the signer and the token's driver."""
        import antin.hsm.pkcs11
        import antin.signer.pades  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "Signing":
        """Open the key."""
        return Signing(folder, self.material, sign_with(self.material))


@dataclass(frozen=True)
class SignFlow(SignAlone):
    """What ``antin sign`` does: check the certificate, sign, verify what came out."""

    def load(self) -> None:
        """Import what checks before and after, too."""
        super().load()
        import antin.flows.loose  # noqa: F401 — as in SignAlone

    def open(self, folder: Path) -> "Signing":
        """Open the key and read the trust folder."""
        return Signing(folder, self.material, _sign_checked(self.material))


class Signing:
    """Signs run ``number``'s file into ``number.out.pdf``."""

    def __init__(
        self, folder: Path, material: Material, sign: Callable[[Path, Path], None]
    ) -> None:
        from benchmarks.raw_signer import officers_raw_signer

        self._folder, self._sign = folder, sign
        self._raw = officers_raw_signer(material)

    def value(self, number: int) -> None:
        """Sign."""
        self._sign(_input(self._folder, number), self._output(number))

    def floor(self, number: int) -> None:
        """Copy, hash, one C_Sign."""
        from benchmarks.raw_signer import copy_hash_sign

        copy_hash_sign(_input(self._folder, number), self._folder / f"{number}.copy", self._raw)

    def check(self, number: int) -> None:
        """See that a signature was added to the same bytes."""
        before, after = _input(self._folder, number).read_bytes(), self._output(number).read_bytes()
        assert after.startswith(before)
        assert b"/ETSI.CAdES.detached" in after[len(before) :]

    def _output(self, number: int) -> Path:
        return self._folder / f"{number}.out.pdf"


def _input(folder: Path, number: int) -> Path:
    return folder / f"{number}.pdf"


def sign_with(material: Material) -> Callable[[Path, Path], None]:
    """Return what signs a file with the officer's key, B-B, and nothing around it."""
    from antin.core.bytesource import FileSource
    from antin.signer import pades
    from antin.signer.request import SignatureRequest

    key = material.key()
    assert key.certificate is not None
    certificate = key.certificate

    def sign(source: Path, output: Path) -> None:
        request = SignatureRequest(certificate, key.algorithm, datetime.now(UTC))
        with FileSource(source) as file:
            pades.sign(file, output, key, request, None, None)

    return sign


def _sign_checked(material: Material) -> Callable[[Path, Path], None]:
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
