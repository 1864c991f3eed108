"""``sign.blta``: our own processor time for a B-LTA signature, fetches left out."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.signing import SignAlone, Signing

_fetching = 0
"""Processor nanoseconds that went into HTTP exchanges."""


@dataclass(frozen=True)
class SignLongTerm(SignAlone):
    """``antin sign --level B-LTA`` with authorities on this machine, in a process of their own.

    Told in this process's processor time, without that of the HTTP exchanges: what is asked and
    what is done with the answers counts. Nothing is kept from file to file.
    """

    @property
    def most_runs(self) -> int:
        """Each of them makes the authorities sign a dozen times."""
        return 20

    def nanoseconds(self) -> int:
        """Return our own processor time."""
        return time.process_time_ns() - _fetching

    def load(self) -> None:
        """Import what fetches, too."""
        super().load()
        import antin.flows.loose
        import antin.infra.revocation_http
        import antin.infra.tsa_client  # noqa: F401 — loading them is all that is wanted

    def open(self, folder: Path) -> "SigningLongTerm":
        """Start the authorities, open the key, read trust."""
        return SigningLongTerm(folder, self)


class SigningLongTerm(Signing):
    """Signs with servers that end with this process."""

    def __init__(self, folder: Path, benchmark: SignAlone) -> None:
        from devpki.pki import open_pki
        from devpki.servers import TrustServer

        self._servers = ExitStack()
        pki = open_pki(benchmark.material.folder / "pki")
        self._servers.enter_context(TrustServer(pki))
        _leave_out_exchanges()
        super().__init__(folder, benchmark, _sign_long_term(benchmark, pki.tsa_url), hashings=2)

    def check(self, number: int) -> None:
        """See that there is a time-stamp over the document as well."""
        output = self._output(number)
        assert output.read_bytes().count(b"/ETSI.RFC3161") == 1
        super().check(number)


def _sign_long_term(benchmark: SignAlone, tsa_url: str) -> Callable[[Path, Path], None]:
    from antin.core.bytesource import FileSource
    from antin.core.clock import SystemClock
    from antin.flows.loose import LooseRequest, Surroundings, sign_file
    from antin.infra.revocation_http import HttpRevocationService
    from antin.infra.tsa_client import Authority, Believed, TimestampAuthorities
    from antin.signer.request import Level
    from antin.verifier.policy import default_policy

    key, trust = benchmark.material.key(), benchmark.material.trust()
    allowed, asked = frozenset({"127.0.0.1"}), LooseRequest(Level.B_LTA)

    def sign(source: Path, output: Path) -> None:
        # A new client each time: what the last file fetched is not at hand.
        revocation = HttpRevocationService(allowed_private=allowed)
        timestamps = TimestampAuthorities(
            (Authority(tsa_url),), Believed(trust, revocation), allowed_private=allowed
        )
        around = Surroundings(trust, default_policy(), SystemClock(), timestamps, revocation)
        with FileSource(source) as file:
            sign_file(file, output, key, asked, around)

    return sign


def _leave_out_exchanges() -> None:
    """Count what the HTTP client takes from now on."""
    from antin.infra.exchange import Answer
    from antin.infra.fetch import Fetcher

    fetch = Fetcher._fetch  # noqa: SLF001 — the one place that every exchange goes through

    def counted(*arguments: Any) -> Answer:
        global _fetching  # noqa: PLW0603 — one number for the whole process
        begun = time.process_time_ns()
        try:
            return fetch(*arguments)
        finally:
            _fetching += time.process_time_ns() - begun

    Fetcher._fetch = counted  # type: ignore[method-assign,assignment]  # noqa: SLF001 — as above
