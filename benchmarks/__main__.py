"""``python -m benchmarks [--only NAME] [--runs N]``: print a table, write build/bench.json.

``--few`` sees that they all run: those that go over many files do so over a few, and those of large
ones take small ones.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.appending import Append
from benchmarks.appending_many import AppendMany
from benchmarks.appending_postgres import AppendManyPostgres, AppendPostgres
from benchmarks.containers import CmsCheck, LargeCrl
from benchmarks.importing import ImportHistory
from benchmarks.key_use import UseKey
from benchmarks.ledger_checking import Prove, VerifyExport
from benchmarks.material import Material, make_material
from benchmarks.opening import Open
from benchmarks.pdf_files import make_bookmarked, make_packed_pages, make_pages, make_pdf
from benchmarks.results import Result, table, write
from benchmarks.runner import Benchmark, run
from benchmarks.sealing import SealShare
from benchmarks.signing import SignAlone, SignFlow
from benchmarks.signing_long import SignLongTerm
from benchmarks.signing_many import SignBatch, SignThroughput
from benchmarks.verifying import Verify
from benchmarks.verifying_many import VerifyMany

_KB_100 = 100_000
_MB_12 = 12_700_000
_MB_127 = 127_000_000
_GB_1 = 1_000_000_000
_PAGES = 5_000
_CRL_ENTRIES = 1_200_000


@dataclass(frozen=True)
class Scale:
    """How much of everything."""

    many: int = 1_000
    """Files of a batch; entries go by it, too."""
    smaller: int = 1
    """How many times smaller than its name says what is large is made."""

    def of(self, size: int) -> int:
        """Return the bytes, pages or entries of something large."""
        return size // self.smaller


FEW: Final = Scale(many=40, smaller=50)
"""Whether they run at all; 64 clients have something to do each."""


def catalogue(material: Material, scale: Scale) -> tuple[Benchmark, ...]:
    """Return every benchmark there is, in the order of the table."""
    many, large = scale.many, scale.of
    pages = large(_PAGES)
    return (
        SignAlone("sign.100k.p256", material, _KB_100),
        SignAlone("sign.100k.rsa2048", material, _KB_100, "rsa2048"),
        SignAlone("sign.12m", material, large(_MB_12)),
        SignAlone("sign.127m", material, large(_MB_127)),
        SignAlone("sign.1g", material, large(_GB_1)),
        SignAlone("sign.5000p", material, 0, pages=pages),
        SignFlow("sign.flow.100k", material, _KB_100),
        SignFlow("sign.flow.127m", material, large(_MB_127)),
        SignLongTerm("sign.blta", material, _KB_100),
        SignThroughput("sign.throughput.1p.p256", material, "p256", 1, many // 5),
        SignThroughput("sign.throughput.2p.p256", material, "p256", 2, many // 5),
        SignThroughput("sign.throughput.1p.rsa2048", material, "rsa2048", 1, many // 5),
        SignThroughput("sign.throughput.2p.rsa2048", material, "rsa2048", 2, many // 5),
        SignBatch("sign.batch.1p", material, 1, many),
        SignBatch("sign.batch.2p", material, 2, many),
        Open("pdf.open.100k", material, partial(make_pdf, _KB_100)),
        Open("pdf.open.5000p", material, partial(make_pages, pages)),
        Open("pdf.open.5000p.objstm", material, partial(make_packed_pages, pages)),
        Open("pdf.open.127m", material, partial(make_pdf, large(_MB_127))),
        UseKey("hsm.sign.1t", 1),
        UseKey("hsm.sign.2t", 2),
        Verify("verify.100k", material, partial(make_pdf, _KB_100), 1),
        Verify("verify.100k.warm", material, partial(make_pdf, _KB_100), 1, warm=True),
        Verify("verify.20sigs", material, partial(make_pdf, _KB_100), 20),
        Verify("verify.127m", material, partial(make_pdf, large(_MB_127)), 1),
        Verify("verify.5000p", material, partial(make_bookmarked, pages), 5),
        VerifyMany("verify.bulk.1p", material, 1, many),
        VerifyMany("verify.bulk.2p", material, 2, many),
        Append("ledger.append.1.sqlite", 1, many),
        Append("ledger.append.16.sqlite", 16, many * 8),
        Append("ledger.append.64.sqlite", 64, many * 8),
        AppendPostgres("ledger.append.1.postgres", 1, many),
        AppendPostgres("ledger.append.16.postgres", 16, many * 2),
        AppendPostgres("ledger.append.64.postgres", 64, many * 2),
        AppendManyPostgres("ledger.append.4x4.postgres", 4, 4, many * 2),
        AppendMany("ledger.append.4x8.sqlite", 4, 8, many * 8),
        AppendMany("ledger.append.8x4.sqlite", 8, 4, many * 8),
        VerifyExport("ledger.verify.1m.1p", 1, many * 1_000),
        VerifyExport("ledger.verify.1m.2p", 2, many * 1_000),
        Prove("ledger.proof.10m", many * 10_000),
        SealShare("ledger.share.seal", material),
        ImportHistory("ledger.import.sqlite", many * 500),
        ImportHistory("ledger.import.postgres", many * 500),
        ImportHistory("ledger.bulk.sqlite", many * 500, live=True),
        ImportHistory("ledger.bulk.postgres", many * 500, live=True),
        CmsCheck("cms.check", material),
        LargeCrl("crl.50m", material, large(_CRL_ENTRIES)),
    )


def measure(only: str, runs: int, folder: Path, scale: Scale) -> Iterator[Result]:
    """Run the benchmarks whose names begin with ``only``, each on files of its own."""
    every = catalogue(Material(folder), scale)
    chosen = [one for one in every if one.name.startswith(only)]
    if not chosen:
        names = ", ".join(one.name for one in every)
        sys.exit(f"no benchmark begins with {only!r}; there are: {names}")
    make_material(folder)
    for benchmark in chosen:
        files = folder / benchmark.name
        files.mkdir()
        yield from run(benchmark, files, runs)


def main() -> None:
    """Read the options, measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", metavar="NAME", help="those whose names begin so")
    parser.add_argument("--runs", type=int, default=20, help="how often each is measured")
    parser.add_argument(
        "--few", action="store_true", help="few files, small ones: does it run at all?"
    )
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="antin-bench-") as folder:
        scale = FEW if options.few else Scale()
        results = tuple(measure(options.only, max(1, options.runs), Path(folder), scale))
    print(table(results))
    write(results, options.output)


if __name__ == "__main__":
    main()
