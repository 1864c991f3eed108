"""Our reader beside pyHanko, qpdf and pdfium on real PDFs: what differs is explained, file by file.

Page counts, the objects that are there with their values, and the signatures. differences.json
says by SHA-256 what differs and why; ``python -m tests.corpus.structure.table`` writes it anew.
"""

from pathlib import Path

import pytest

from tests.corpus.outcomes import CORPUS
from tests.corpus.structure import ours
from tests.corpus.structure.compare import differences
from tests.corpus.structure.table import compare_all, load
from tests.corpus.structure.worker import READERS, Reader
from tests.pdfs import letter, signed


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us")
@pytest.mark.timeout(900)
def test_every_difference_to_other_readers_is_explained() -> None:
    pinned = load()
    found: dict[str, set[tuple[str, str, str, str]]] = {sha256: set() for sha256 in pinned}
    for sha256, _, key in compare_all():
        found.setdefault(sha256, set()).add(key)
    assert found == {sha256: set(known) for sha256, known in pinned.items()}
    unexplained = {sha256 for sha256, known in pinned.items() if not all(known.values())}
    assert unexplained == set()


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_differs_in_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / "good.pdf"
    more = {5: b"7", 6: b"3.50", 7: b"true", 8: b"(a\\)\\101)", 9: b"/Nm#20e", 50: b"null"}
    more[51] = b"<</A 5 0 R/B 50 0 R/C 99 0 R/#41#42 [6 0 R 4. -.5 null]>>"
    path.write_bytes(signed(letter(3, more=more)))
    with Reader(name) as reader:
        seen = reader.read(path)
    assert seen.error is None
    assert seen.pages == 3
    assert len(seen.signatures or ()) == 1
    assert list(differences(name, ours.read(path, READERS[name]), seen)) == []


@pytest.mark.parametrize("name", [name for name in READERS if name != "pdfium"])
@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (b"/Kids[10 0 R 11 0 R]/Count 2", b"/Kids[10 0 R]/Count 1       ", "pages"),
        (b"Helvetica", b"Helvetics", "values"),
        (b"(Page 1)", b"(Page 9)", "values"),
        (b"<</Type/Font/", b"null% Font/  ", "objects more"),
    ],
)
def test_a_changed_file_differs(
    name: str, before: bytes, after: bytes, what: str, tmp_path: Path
) -> None:
    good, changed = tmp_path / "good.pdf", tmp_path / "changed.pdf"
    data = letter(2)
    assert before in data
    assert len(before) == len(after)
    good.write_bytes(data)
    changed.write_bytes(data.replace(before, after, 1))
    with Reader(name) as reader:
        found = list(differences(name, ours.read(good, READERS[name]), reader.read(changed)))
    assert what in {difference.what for difference in found}
