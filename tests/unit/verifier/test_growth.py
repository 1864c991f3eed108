"""What verifying costs grows with the file and no faster; work is counted, not timed."""

import math
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from antin.core.bytesource import MemorySource
from antin.pdf.document import open_pdf
from antin.verifier.changes.steps import StepClassifier
from antin.verifier.report import ChangeLevel
from antin.verifier.structure import file_findings
from benchmarks.pdf_files import field, make_bookmarked, make_form, make_pages, updated
from tests.pdfs import signed

FACTOR = 8


class Counted(MemorySource):
    """Counts the bytes that are read of it."""

    read = 0

    def pread(self, offset: int, length: int) -> bytes:
        data = super().pread(offset, length)
        self.read += len(data)
        return data


def cost(data: bytes) -> tuple[int, int]:
    """Return how many functions are called to judge ``data``, and how many bytes are read."""
    source, calls = Counted(data), 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        document = open_pdf(source)
        _ = (file_findings(document), document.signatures)
        classifier = StepClassifier(document)
        results = [classifier.result(n) for n in range(2, document.revisions + 1)]
    finally:
        sys.setprofile(None)
    assert all(one.level in {*ChangeLevel} - {ChangeLevel.OTHER} for one in results[1:])
    return calls, source.read


def revisions(count: int) -> bytes:
    data = signed(make_pages(1, 1))
    for n in range(count):
        information = b" /Info 900 0 R" if n == 0 else b""
        data = updated(data, {900: b"<</ModDate(D:%d)>>" % (2000 + n)}, information)
    return data


def signatures(count: int) -> bytes:
    data = make_pages(1, 1)
    for n in range(count):
        data = signed(data, f"Sig{n}")
    return data


def changed_objects(count: int) -> bytes:
    data = signed(make_form(count))
    return updated(data, {n + 4: field(n, b"x") for n in range(count)})


def pages(count: int) -> bytes:
    return signed(signed(make_pages(count, 1)), "Sig2")


def bookmarks(count: int) -> bytes:
    return signed(signed(make_bookmarked(10, 1, count)), "Sig2")


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (revisions, 20),
        (signatures, 4),
        (changed_objects, 100),
        (pages, 200),
        (bookmarks, 500),
    ],
)
def test_work_grows_with_the_file(make: Callable[[int], bytes], count: int) -> None:
    cost(make(1))  # what is read once per process
    few, many = cost(make(count)), cost(make(count * FACTOR))
    powers = [math.log(b / a) / math.log(FACTOR) for a, b in zip(few, many, strict=True)]
    assert max(powers) <= 1.15, powers
