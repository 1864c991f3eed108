"""How verifying and signing a PDF of the corpus ends, in a word."""

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from antin.core.bytesource import FileSource
from antin.core.digests import digest_ranges
from antin.core.errors import AntinError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pdf.document import open_pdf
from antin.pki.cms_read import parse_signature
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.files import appearing
from antin.signer.request import SignatureRequest
from antin.verifier.changes.steps import StepClassifier
from antin.verifier.policy import default_policy
from antin.verifier.verify import verify

CORPUS: Final = Path(__file__).resolve().parents[3] / "shared" / "corpus"
OUTCOMES: Final = Path(__file__).with_name("outcomes.json")
_AT: Final = datetime(2026, 11, 22, tzinfo=UTC)


def files() -> Iterator[tuple[str, Path]]:
    """Yield (SHA-256, path) of every PDF of the corpus; a file kept twice counts once."""
    seen: set[str] = set()
    for path in sorted(CORPUS.rglob("*.pdf")):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if sha256 not in seen:
            seen.add(sha256)
            yield sha256, path


def verify_outcome(path: Path, trust: TrustMaterial) -> str:
    """Return the conclusion; for an unreadable file with its code."""
    with FileSource(path) as source:
        report = verify(source, path.name, trust, _AT, default_policy())
    return f"{report.conclusion} {report.error.code}" if report.error else str(report.conclusion)


def sign_outcome(path: Path, key: InsecureSoftwareKey, folder: Path) -> str:
    """Return ``signed``, having seen that nothing else was done, or the code of the refusal."""
    output = folder / "signed.pdf"
    assert key.certificate is not None
    request = SignatureRequest(key.certificate, key.algorithm, _AT)
    with FileSource(path) as source:
        try:
            with appearing(output) as part:
                pades.sign(source, part, key, request, None, None)
        except AntinError as error:
            assert not output.exists()
            return error.code
        assert output.read_bytes().startswith(source.pread(0, source.size))
    with FileSource(output) as made:
        document = open_pdf(made)
        step = document.annex(StepClassifier).result(document.revisions)
        assert {change.code for change in step.changes} == {"signature_added"}
        (field,) = (one for one in document.signatures if one.covers_whole_file)
        start, before, after, rest = field.byte_range
        digest = digest_ranges(made, [(start, before), (after, rest)])
        assert parse_signature(field.contents).message_digest == digest
    output.unlink()
    return "signed"


def main() -> int:
    """Write outcomes.json anew."""
    from tests.trustworld import build_trust_world

    with tempfile.TemporaryDirectory() as folder:
        world = build_trust_world(Path(folder) / "world")
        world.server.stop()
        trust = world.trust(crls=True)
        work = Path(folder)
        found = {
            sha256: [verify_outcome(path, trust), sign_outcome(path, world.officer_a, work)]
            for sha256, path in files()
        }
    lines = ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found.items()))
    OUTCOMES.write_text(f"{{\n{lines}\n}}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
