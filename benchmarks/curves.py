"""``python -m benchmarks.curves``: how the time of verifying and of signing grows, as plots.

Each curve makes one thing more; what comes out is verified as ``antin verify --offline`` does, or
signed at B-B by the signer alone.
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
from typing import Final

from antin.core.bytesource import FileSource
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


Work = Callable[[Path], None]
"""What is measured, on one file."""


@dataclass(frozen=True)
class Curve:
    """Files by ``make``, for each size."""

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


def _megabytes(size: int, _: Signed) -> bytes:
    return make_pdf(size * 1_000_000, 1)


def _plain_pages(size: int, _: Signed) -> bytes:
    return make_pages(size, 1)


def _fields(size: int, _: Signed) -> bytes:
    return make_form(size)


VERIFYING = (
    Curve("signatures", (4, 8, 16, 32, 64), _signatures),
    Curve("revisions", (25, 50, 100, 200, 400), _revisions),
    Curve("pages", (1000, 2000, 4000, 8000), _pages),
    Curve("changed objects", (250, 500, 1000, 2000), _changed_objects),
    Curve("bookmarks", (2000, 4000, 8000, 16000), _bookmarks),
)
SIGNING = (
    Curve("megabytes", (16, 32, 64, 128), _megabytes),
    Curve("pages", (2000, 4000, 8000, 16000), _plain_pages),
    Curve("form fields", (500, 1000, 2000, 4000), _fields),
    Curve("signatures", (4, 8, 16, 32, 64), _signatures),
    Curve("revisions", (25, 50, 100, 200, 400), _revisions),
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


def verifying(material: Material, folder: Path) -> Work:  # noqa: ARG001 — as its sibling
    """Return what verifies a file, and sees it pass."""
    trust, policy = material.trust(), default_policy()

    def work(path: Path) -> None:
        with FileSource(path) as source:
            report = verify(source, path.name, trust, datetime.now(UTC), policy)
        report.raise_if_not_passed()

    return work


def signing(material: Material, folder: Path) -> Work:
    """Return what signs a file once more."""
    from benchmarks.signing import sign_with

    sign, output = sign_with(material), folder / "curve.out.pdf"
    return lambda path: sign(path, output)


def measured(
    curve: Curve, work: Work, signed: Signed, folder: Path, runs: int
) -> list[tuple[int, float]]:
    """Return (size, median milliseconds) of ``work`` on ``curve``, the sizes in turns."""
    files = {size: folder / f"{curve.name}-{size}.pdf" for size in curve.sizes}
    for size, path in files.items():
        path.write_bytes(curve.make(size, signed))
        work(path)
    times: dict[int, list[float]] = {size: [] for size in files}
    for _ in range(runs):
        for size, path in files.items():
            start = time.perf_counter_ns()
            work(path)
            times[size].append((time.perf_counter_ns() - start) / 1e6)
    for path in files.values():
        path.unlink()
    return [(size, median(values)) for size, values in times.items()]


Begin = Callable[[Material, Path], Work]
GROUPS: Final[dict[str, tuple[Sequence[Curve], Begin]]] = {
    "verify": (VERIFYING, verifying),
    "sign": (SIGNING, signing),
}


def draw(name: str, material: Material, folder: Path, runs: int) -> str:
    """Measure the curves of ``name`` and print them; return their plots."""
    curves, begin = GROUPS[name]
    work, signed, panels = begin(material, folder), signer(material, folder), []
    for curve in curves:
        points = measured(curve, work, signed, folder, runs)
        power = exponent(points)
        told = ", ".join(f"{n}: {t:.1f} ms" for n, t in points)
        print(f"{name}, {curve.name}: n^{power:.2f}; {told}")
        panels.append(Panel(f"{curve.name} (n^{power:.2f})", curve.name, "ms", points))
    return drawn(panels)


def main() -> None:
    """Read the options, measure, print, draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curves", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often each file is worked on")
    parser.add_argument("--only", choices=sorted(GROUPS), help="one of the two")
    parser.add_argument("--output", type=Path, default=Path("docs/images"), help="a folder")
    options = parser.parse_args()
    names = [options.only] if options.only else list(GROUPS)
    with tempfile.TemporaryDirectory(prefix="antin-curves-") as place:
        material = make_material(Path(place))
        for name in names:
            plots = draw(name, material, Path(place), max(1, options.runs))
            (options.output / f"{name}-growth.svg").write_text(plots)


if __name__ == "__main__":
    main()
