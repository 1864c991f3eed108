"""Real PDFs of other people's making, odd and broken ones among them: each ends as documented.

outcomes.json pins for every file, by its SHA-256, how verifying and signing (B-B) end. Write it
anew with ``python -m tests.corpus.outcomes`` and read the difference before committing it.
"""

import json
from pathlib import Path

import pytest

from tests.corpus.outcomes import CORPUS, OUTCOMES, files, sign_outcome, verify_outcome
from tests.trustworld import TrustWorld

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus does not stand beside us"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def pinned() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(OUTCOMES.read_text())
    return found


def test_verifying_ends_as_documented(
    pinned: dict[str, list[str]], trust_world: TrustWorld
) -> None:
    trust = trust_world.trust(crls=True)
    found = {sha256: verify_outcome(path, trust) for sha256, path in files()}
    assert found == {sha256: pinned[sha256][0] for sha256 in found}


def test_signing_ends_as_documented(
    pinned: dict[str, list[str]], trust_world: TrustWorld, tmp_path: Path
) -> None:
    key = trust_world.officer_a
    found = {sha256: sign_outcome(path, key, tmp_path) for sha256, path in files()}
    assert found == {sha256: pinned[sha256][1] for sha256 in found}
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_every_pinned_outcome_is_a_documented_one(pinned: dict[str, list[str]]) -> None:
    refusals = {
        "empty_file",
        "not_a_pdf",
        "pdf_truncated",
        "pdf_malformed",
        "pdf_encrypted",
        "pdf_too_complex",
        "signing_forbidden",
    }
    verdicts = {"TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE", "NO-SIGNATURE"}
    unreadable = {f"UNREADABLE {code}" for code in refusals}
    assert {one for one, _ in pinned.values()} <= verdicts | unreadable
    assert {two for _, two in pinned.values()} <= refusals | {"signed"}
