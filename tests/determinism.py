"""Judges every file of a folder by every policy that ships, and says what each report's digest is.

Run as a program, so that a test can run it under another hash seed, time zone or locale:
``python -m tests.determinism FOLDER``, with ``FOLDER/files`` and ``FOLDER/trust-*``.
"""

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from antin.core.bytesource import FileSource
from antin.flows.verify import verify_either
from antin.infra.report_forms import Form, written
from antin.infra.trust_files import read_trust
from antin.verifier.policy import SHIPPED, shipped_policy
from antin.verifier.writers.json import to_json


def digests(folder: Path, at: datetime) -> dict[str, str]:
    """Return the SHA-256 of each report by trust folder, file, policy and form."""
    found: dict[str, str] = {}
    for trust_folder in sorted(folder.glob("trust-*")):
        trust = read_trust(trust_folder)
        for path in sorted((folder / "files").iterdir()):
            for name in SHIPPED:
                with FileSource(path) as source:
                    policy = shipped_policy(name)
                    report = verify_either(source, path.name, trust, at, policy, None)
                forms = {"json": to_json(report).encode()}
                forms |= {f"{f}": written(report, f, "vi") for f in (Form.ETSI_XML, Form.HTML)}
                if name == SHIPPED[0] and trust_folder.name == "trust-a":
                    forms["pdf"] = written(report, Form.PDF, "en")
                for form, data in forms.items():
                    key = f"{trust_folder.name}/{path.name}/{name}/{form}"
                    found[key] = hashlib.sha256(data).hexdigest()
    return found


if __name__ == "__main__":
    moment = datetime.fromisoformat(sys.argv[2]).astimezone(UTC)
    print(json.dumps(digests(Path(sys.argv[1]), moment)))  # noqa: T201 — its answer
