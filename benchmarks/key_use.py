"""``hsm.sign.*``: signatures of a key on a token, by one thread and by several at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from antin.hsm.key import SigningKey

_TOKEN = "bench"
_KEY = "rsa3072"
_COUNT = 24
"""Signatures a run; shared by all threads."""
_DATA = b"attributes to be signed" * 10


@dataclass(frozen=True)
class UseKey:
    """RSA-3072 with PKCS#1 v1.5 on SoftHSM, in this process, by so many threads."""

    name: str
    threads: int

    def make_files(self, folder: Path, runs: int) -> None:  # noqa: ARG002 — as the port has it
        """Make a token; every run signs with the same key."""
        from devpki.tokens import KeySpec, TokenSpec, create_tokens

        create_tokens(folder, (TokenSpec(_TOKEN, (KeySpec(_KEY, "rsa3072"),)),))

    def load(self) -> None:
        """Import the token's driver."""
        import antin.hsm.pkcs11  # noqa: F401 — loading it is all that is wanted

    def open(self, folder: Path) -> "Using":
        """Open the key."""
        return Using(folder, self.threads)


class Using:
    """Gives the run's signatures."""

    def __init__(self, folder: Path, threads: int) -> None:
        from antin.hsm import softhsm
        from antin.hsm.cryptoki_values import CKM_SHA256_RSA_PKCS
        from antin.hsm.pkcs11 import KeyReference, open_key
        from benchmarks.raw_signer import RawSigner

        softhsm.configure(folder)
        pin = (folder / "pins" / f"{_TOKEN}.pin").read_text().strip()
        reference = KeyReference(
            softhsm.find_module(), _TOKEN, key_label=_KEY, scheme="rsassa_pkcs1v15"
        )
        self._key: SigningKey = open_key(reference, lambda: pin)
        self._raw = [RawSigner(_TOKEN, _KEY, pin, CKM_SHA256_RSA_PKCS) for _ in range(threads)]
        self._threads = ThreadPoolExecutor(threads)
        self._made: list[bytes] = []

    def value(self, number: int) -> None:  # noqa: ARG002 — as the port has it
        """Sign as users do: what the token gives is verified before it is given out."""
        self._made = self._shared([self._key.sign] * len(self._raw))

    def floor(self, number: int) -> None:  # noqa: ARG002 — as the port has it
        """C_SignInit and C_Sign."""
        self._shared([raw.sign for raw in self._raw])

    def check(self, number: int) -> None:  # noqa: ARG002 — as the port has it
        """See that every signature is one; PKCS#1 v1.5 has one value for one text."""
        assert self._made == [self._raw[0].sign(_DATA)] * _COUNT

    def _shared(self, signers: Sequence[Callable[[bytes], bytes]]) -> list[bytes]:
        share = _COUNT // len(signers)

        def work(sign: Callable[[bytes], bytes]) -> list[bytes]:
            return [sign(_DATA) for _ in range(share)]

        return [value for values in self._threads.map(work, signers) for value in values]
