"""``python -m benchmarks.curves``: how the time of verifying grows, as plots in docs/images.

Each curve makes one thing more, and verifies what comes out as ``antin verify --offline`` does.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from antin.core.bytesource import MemorySource
from antin.verifier.policy import default_policy
from antin.verifier.verify import verify
from benchmarks.material import Material, make_material
from benchmarks.pdf_files import (
    field,
    make_bookmarked,
    make_form,
    make_pages,
    make_pdf,
    updated,
)
from benchmarks.svg import Panel, drawn

Signed = Callable[[bytes, int], bytes]
"""Signs a PDF so many times."""


@dataclass(frozen=True)
class Curve:
    """Files by ``make``, for each size; verified, they pass."""

    name: str
    sizes: Sequence[int]
    make: Callable[[int, Signed], bytes]


def _revisions(size: int, signed: Signed) -> bytes:
    data = signed(make_pdf(20_000, 1), 1)
    for n in range(size):
        data = updated(
            data, {900: b"<</ModDate(D:%d)>>" % (2000 + n)}, b" /Info 900 0 R" if n == 0 else b""
        )
    return data


def _changed_objects(size: int, signed: Signed) -> bytes:
    return updated(signed(make_form(size), 1), {n + 4: field(n, b"x") for n in range(size)})


def _pages(size: int, signed: Signed) -> bytes:
    return signed(make_pages(size, 1), 2)


def _bookmarks(size: int, signed: Signed) -> bytes:
    return signed(make_bookmarked(10, 1, size), 2)


def _signatures(size: int, signed: Signed) -> bytes:
    return signed(make_pdf(20_000, 1), size)


CURVES = (
    Curve("signatures", (4, 8, 16, 32, 64), _signatures),
    Curve("revisions", (25, 50, 100, 200, 400), _revisions),
    Curve("pages", (1000, 2000, 4000, 8000), _pages),
    Curve("changed objects", (250, 500, 1000, 2000), _changed_objects),
    Curve("bookmarks", (2000, 4000, 8000, 16000), _bookmarks),
)


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return the power of the size by which the values grow: 1 is linear (least squares)."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x, mean_y = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    above = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    return float(above / sum((x - mean_x) ** 2 for x, _ in logs))


def signer(material: Material, folder: Path) -> Signed:
    """Return what signs with the officer's key."""
    from benchmarks.signing import sign_with

    sign = sign_with(material)
    source, target = folder / "curve.pdf", folder / "curve.signed.pdf"

    def signed(data: bytes, times: int) -> bytes:
        source.write_bytes(data)
        for _ in range(times):
            sign(source, target)
            target.replace(source)
        return source.read_bytes()

    return signed


def measured(curve: Curve, material: Material, folder: Path, runs: int) -> list[tuple[int, float]]:
    """Return (size, median milliseconds) of ``curve``, the sizes in turns."""
    trust, policy, make = material.trust(), default_policy(), signer(material, folder)
    files = {size: MemorySource(curve.make(size, make)) for size in curve.sizes}
    times: dict[int, list[float]] = {size: [] for size in files}
    for _ in range(runs):
        for size, source in files.items():
            start = time.perf_counter_ns()
            report = verify(source, curve.name, trust, datetime.now(UTC), policy)
            times[size].append((time.perf_counter_ns() - start) / 1e6)
            report.raise_if_not_passed()
    return [(size, median(values)) for size, values in times.items()]


def main() -> None:
    """Read the options, measure, print, draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often each file is verified")
    parser.add_argument("--output", type=Path, default=Path("docs/images/verify-growth.svg"))
    options = parser.parse_args()
    panels = []
    with tempfile.TemporaryDirectory(prefix="antin-curves-") as folder:
        material = make_material(Path(folder))
        for curve in CURVES:
            points = measured(curve, material, Path(folder), max(1, options.runs))
            power = exponent(points)
            print(f"{curve.name}: n^{power:.2f};", ", ".join(f"{n}: {t:.1f} ms" for n, t in points))
            panels.append(Panel(f"{curve.name} (n^{power:.2f})", curve.name, "ms", points))
    options.output.write_text(drawn(panels))


if __name__ == "__main__":
    main()
