"""Real PDFs in both manners of reading: what is opened, what is repaired, and what is refused why.

Held against qpdf, which many programs read with. readings.json pins both; the table is written
anew by ``python -m tests.corpus.readings.table``.
"""

import os

import pytest

from antin.pdf.document import Manner
from tests.corpus.outcomes import CORPUS, files
from tests.corpus.readings.table import Reading, load, outcome
from tests.corpus.readings.verdicts import judge

on_the_corpus = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def pinned() -> dict[str, Reading]:
    return load()


@pytest.mark.parametrize("manner", list(Manner), ids=lambda manner: manner.name.lower())
@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us")
@pytest.mark.timeout(900)
def test_every_file_is_read_as_documented(manner: Manner, pinned: dict[str, Reading]) -> None:
    found = {sha256: outcome(path, manner) for sha256, path in files()}
    known = {
        sha256: reading.strict if manner is Manner.STRICT else reading.tolerant
        for sha256, reading in pinned.items()
    }
    assert found == known


def test_what_qpdf_opens_without_an_error_is_opened_strictly(pinned: dict[str, Reading]) -> None:
    good = [reading for reading in pinned.values() if reading.qpdf.is_good]
    assert len(good) > 400
    assert [r.file for r in good if not r.strict.startswith("opened")] == []
    assert [r.file for r in good if "repaired" in r.strict] == []


def test_what_qpdf_can_repair_is_opened_tolerantly(pinned: dict[str, Reading]) -> None:
    broken = [r for r in pinned.values() if r.qpdf.can_be_repaired and not r.qpdf.is_good]
    assert broken
    assert [r.file for r in broken if not r.tolerant.startswith("opened")] == []


def test_what_is_refused_needs_a_password_or_is_beyond_qpdf_too(
    pinned: dict[str, Reading],
) -> None:
    refused = [r for r in pinned.values() if r.tolerant.startswith("refused")]
    assert refused
    for reading in refused:
        if "pdf_encrypted" in reading.tolerant:
            assert reading.qpdf.repaired in {"password", "fails"}, reading.file
        else:
            assert reading.qpdf.repaired == "fails", reading.file


@pytest.mark.soak
@pytest.mark.real("qpdf")
@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us")
@pytest.mark.timeout(900)
def test_qpdf_still_says_so(pinned: dict[str, Reading]) -> None:
    """All files with ANTIN_SOAK set, one in twenty without."""
    step = 1 if os.environ.get("ANTIN_SOAK") else 20
    for sha256, path in list(files())[::step]:
        assert judge(path) == pinned[sha256].qpdf, path.name
