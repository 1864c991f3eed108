import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.results import Result, table, write

ROOT = Path(__file__).parents[3]
NAMES = [
    "sign.100k.p256",
    "sign.100k.rsa2048",
    "sign.12m",
    "sign.127m",
    "sign.1g",
    "sign.5000p",
    "sign.flow.100k",
    "sign.flow.127m",
    "sign.blta",
    "sign.throughput.1p.p256",
    "sign.throughput.2p.p256",
    "sign.throughput.1p.rsa2048",
    "sign.throughput.2p.rsa2048",
    "sign.batch.1p",
    "sign.batch.2p",
    "pdf.open.100k",
    "pdf.open.5000p",
    "pdf.open.5000p.objstm",
    "pdf.open.127m",
    "hsm.sign.1t",
    "hsm.sign.2t",
    "verify.100k",
    "verify.100k.warm",
    "verify.20sigs",
    "verify.127m",
    "verify.5000p",
    "verify.bulk.1p",
    "verify.bulk.2p",
    "ledger.append.1.sqlite",
    "ledger.append.16.sqlite",
    "ledger.append.64.sqlite",
    "ledger.append.1.postgres",
    "ledger.append.16.postgres",
    "ledger.append.64.postgres",
    "ledger.append.4x4.postgres",
    "ledger.append.4x8.sqlite",
    "ledger.append.8x4.sqlite",
    "ledger.verify.1m.1p",
    "ledger.verify.1m.2p",
    "ledger.proof.10m",
    "ledger.share.seal",
    "ledger.import.sqlite",
    "ledger.import.postgres",
    "ledger.bulk.sqlite",
    "ledger.bulk.postgres",
    "cms.check",
    "crl.50m",
]
FIGURES = [f"{name}.p99" for name in NAMES if name.startswith("ledger.append")] + [
    "ledger.append.1.postgres.rows",
    "ledger.append.16.postgres.rows",
    "ledger.append.64.postgres.rows",
    "ledger.append.4x4.postgres.share",
    "ledger.append.4x8.sqlite.share",
    "ledger.append.8x4.sqlite.share",
    "ledger.verify.1m.1p.tree",
    "ledger.verify.1m.2p.faster",
    "ledger.share.seal.entries",
    "ledger.share.seal.checkpoint",
]
"""What some of them tell besides their time."""
LEDGER_RATES = ("ledger.append", "ledger.verify", "ledger.import", "ledger.bulk")
PARTS = (
    *("sign", "pdf", "hsm", "verify", "cms", "crl"),
    *("ledger.append", "ledger.verify", "ledger.proof", "ledger.share"),
    *("ledger.import", "ledger.bulk"),
)
"""Beginnings of names that are tried together: one test of all of them would keep a process long
after the other has run everything else."""
RESULT = Result("sign.100k.p256", 12.345, "ms", 0.5, 24.69, 64.2, 70.8, 20)


def of_part(part: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(part)]


def bench(output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "--output", str(output), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.real("softhsm")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", PARTS)
def test_every_benchmark_runs_and_tells_its_floor(part: str, tmp_path: Path) -> None:
    """Once each and small; ``make bench`` measures them at full size."""
    output = tmp_path / "bench.json"
    done = bench(output, "--runs", "1", "--few", "--only", part)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text())
    told = [one["name"] for one in found]
    names, figures = of_part(part, NAMES), of_part(part, FIGURES)
    assert names
    assert [name for name in told if name not in FIGURES] == names
    assert {name for name in told if name in FIGURES} == set(figures)
    for one in found:
        assert set(one) == {
            "name",
            "value",
            "unit",
            "floor",
            "ratio",
            "base_mb",
            "peak_mb",
            "runs",
        }
        rates = ("verify.bulk", "sign.throughput", "sign.batch", *LEDGER_RATES)
        if one["name"] in FIGURES:
            units = {"p99": "ms", "tree": "1/s", "rows": "1/s", "faster": "times"}
            assert one["unit"] == units.get(one["name"].rpartition(".")[2], "of 1")
        else:
            assert one["unit"] == ("1/s" if one["name"].startswith(rates) else "ms")
        assert one["runs"] == 1
        assert one["floor"] > 0
        assert one["ratio"] > 0
        assert 0 < one["base_mb"] <= one["peak_mb"]
        assert one["name"] in done.stdout


def test_each_benchmark_is_in_one_part() -> None:
    assert sorted(name for part in PARTS for name in of_part(part, NAMES)) == sorted(NAMES)


def test_a_name_that_fits_nothing_is_told(tmp_path: Path) -> None:
    done = bench(tmp_path / "bench.json", "--only", "nothing")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(": " + ", ".join(NAMES)), "those and no others"
    assert not (tmp_path / "bench.json").exists()


def test_the_table_fits_a_terminal() -> None:
    long = replace(RESULT, name="ledger.append.16.sqlite.figure", value=12345678.9, floor=99999.9)
    lines = table([RESULT, long]).splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 80
    assert "0.50 ms" in lines[1]
    assert "100000 ms" in lines[2]


def test_results_are_kept_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bench.json"
    write([RESULT], path)
    (kept,) = json.loads(path.read_text())
    assert Result(**kept) == RESULT
