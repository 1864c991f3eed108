"""Real PDFs of other people's making: each is signed or refused with a code, and in time."""

from pathlib import Path

import pytest

from antin.core.bytesource import FileSource
from antin.core.errors import InputError, RefusedError
from antin.signer.two_phase import complete, prepare
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import request_for

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
EXPECTED = {
    "empty_file",
    "not_a_pdf",
    "pdf_encrypted",
    "pdf_malformed",
    "pdf_too_complex",
    "pdf_truncated",
    "signing_forbidden",
}


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not beside the checkout")
def test_every_file_is_signed_or_refused_with_a_code(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    key = trust_world.officer_a
    outcomes: dict[str, int] = {}
    for path in sorted(CORPUS.rglob("*.pdf")):
        output = tmp_path / "out.pdf"
        outcome = "signed"
        try:
            with FileSource(path) as source:
                prepared = prepare(source, output, request_for(key))
            complete(output, prepared, key.sign(prepared.signed_attributes), None)
            assert output.read_bytes().startswith(path.read_bytes()), path.name
        except (InputError, RefusedError) as error:
            outcome = error.code
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes.keys() <= {"signed", *EXPECTED}
    assert outcomes["signed"] > 0.9 * sum(outcomes.values())
