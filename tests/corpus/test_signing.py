"""Every PDF of the corpus is signed and others call it well signed, or it may be refused.

tests/corpus/signing/signing.json pins by SHA-256 how each file ends. A run takes a sample that
holds every kind of file; ``make soak`` takes all.
"""

import os
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from tests.corpus.outcomes import CORPUS, files
from tests.corpus.signing.table import SIGNED, Signer, Signing, load
from tests.trustworld import TrustWorld

_SAMPLE: Final = 60
_EXCUSES: Final = {
    "pdf_encrypted": {"password"},
    "signing_forbidden": {"forbids"},
    "pdf_malformed": {"rebuilt", "password"},
    "pdf_truncated": {"rebuilt"},
    "not_a_pdf": {"rebuilt"},
}
"""The codes with which a file is refused, and what qpdf has to say of it then."""
_EXPLAINED: Final = {
    # qpdf did not get as far as the stream that it complains of.
    "PDFBOX-3148-2-fuzzed.pdf": "qpdf: 2 to 3,",
    # pdfium does not open these before they are repaired.
    "bug1606566.pdf": "pdfium: not drawn",
    "bug1980958.pdf": "pdfium: not drawn",
}
"""Remarks on copies of damaged files."""


def _sample(pinned: dict[str, Signing]) -> set[str]:
    """Return what is refused, one of each kind, and further files up to the sample's size."""
    by_name = sorted(pinned.items())
    chosen = {sha256 for sha256, one in by_name if one.ended != SIGNED}
    seen: set[str] = set()
    for sha256, one in by_name:
        if not seen.issuperset(one.kinds):
            chosen.add(sha256)
            seen.update(one.kinds)
    more = (sha256 for sha256, _ in by_name if sha256 not in chosen)
    return chosen | set(islice(more, _SAMPLE - len(chosen)))


@pytest.mark.corpus
@pytest.mark.soak
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us")
@pytest.mark.real("pdfsig")
@pytest.mark.real("qpdf")
@pytest.mark.timeout(1800)
def test_signing_ends_as_pinned(trust_world: TrustWorld, tmp_path: Path) -> None:
    pinned = load()
    wanted = set(pinned) if os.environ.get("ANTIN_SOAK") else _sample(pinned)
    with Signer(trust_world, tmp_path) as signer:
        found = {sha256: signer.sign(path) for sha256, path in files() if sha256 in wanted}
    assert found
    assert found == {sha256: pinned[sha256] for sha256 in found}
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_what_is_signed_is_well_signed_by_all_judges() -> None:
    signed = [one for one in load().values() if one.ended == SIGNED]
    assert [one for one in signed if one.remarks] == []
    assert len(signed) > len(load()) * 9 // 10


def test_what_is_refused_may_be_refused() -> None:
    refused = [one for one in load().values() if one.ended != SIGNED]
    assert [one for one in refused if not _EXCUSES[one.ended] & set(one.remarks)] == []


def test_copies_of_damaged_files_are_well_signed() -> None:
    damaged = [one for one in load().values() if one.repaired]
    assert {one.repaired for one in damaged} == {SIGNED, "pdf_encrypted"}
    copies = [one for one in damaged if one.repaired == SIGNED]
    told = {one.file: [text for text in one.remarks if text != "rebuilt"] for one in copies}
    assert {name for name, remarks in told.items() if remarks} == _EXPLAINED.keys()
    assert all(text.startswith(_EXPLAINED[name]) for name in _EXPLAINED for text in told[name])


def test_the_sample_holds_every_kind() -> None:
    pinned = load()
    sample = [pinned[sha256] for sha256 in _sample(pinned)]
    assert len(sample) == _SAMPLE
    kinds = {kind for one in pinned.values() for kind in (*one.kinds, one.ended)}
    assert {kind for one in sample for kind in (*one.kinds, one.ended)} == kinds
    assert {"table", "stream", "hybrid", "linearised", "tagged", "form", "encrypted"} <= kinds
    assert {"1.3", "1.4", "1.5", "1.6", "1.7", "2.0", "revised", "signature"} <= kinds
