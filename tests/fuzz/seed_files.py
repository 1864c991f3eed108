"""The files that cases grow from; ``make_seeds.py`` made them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial

SEEDS: Final = Path(__file__).with_name("seeds")
CORPUS: Final = Path(__file__).resolve().parents[3] / "shared" / "corpus"
_MOST_CORPUS_BYTES: Final = 40_000


@cache
def seeds(kind: str) -> Mapping[str, bytes]:
    """Return the seeds of ``kind`` (a folder), by name, in order."""
    paths = sorted((SEEDS / kind).iterdir())
    return MappingProxyType({path.stem: path.read_bytes() for path in paths})


@cache
def corpus() -> tuple[bytes, ...]:
    """Return small PDFs of other people's making, where they stand beside the checkout."""
    paths = sorted(CORPUS.rglob("*.pdf")) if CORPUS.is_dir() else []
    return tuple(p.read_bytes() for p in paths if p.stat().st_size <= _MOST_CORPUS_BYTES)


@cache
def seed_trust() -> TrustMaterial:
    """Return trust in the root of the seeds, with its CRLs."""
    return TrustMaterial(
        (TrustAnchor(seeds("certificates")["root"]),),
        (seeds("certificates")["ca"],),
        RevocationData((seeds("crls")["root"], seeds("crls")["ca"])),
    )
