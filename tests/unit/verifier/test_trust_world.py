"""The same verdicts with the services of the development trust world, which certomancer runs."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from antin.core.bytesource import MemorySource
from antin.pki.needed import gather
from antin.signer.request import Level
from antin.signer.two_phase import complete
from antin.verifier.certificates import certificates_in
from antin.verifier.policy import default_policy
from antin.verifier.verify import verify
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import NOW, prepared_file, request_for, small_pdf


def days_ago(count: int) -> datetime:
    return NOW - timedelta(days=count)


@pytest.mark.parametrize(
    ("key", "stamped", "asked", "expected"),
    [
        ("soft-officer-a", None, 0, None),
        ("soft-officer-a", 1, 0, None),
        ("revoked", None, 0, "REVOKED_NO_POE"),
        ("revoked", 5, 0, "REVOKED_NO_POE"),
        ("revoked", 9, 0, None),
        ("expired", None, 0, "OUT_OF_BOUNDS_NO_POE"),
        ("expired", 12, 12, None),
        ("not-yet-valid", None, 0, "OUT_OF_BOUNDS_NOT_REVOKED"),
        ("not-yet-valid", 5, 0, "NOT_YET_VALID"),
        ("wrong-usage", None, 0, "CHAIN_CONSTRAINTS_FAILURE"),
    ],
)
def test_what_the_services_say(
    tmp_path: Path,
    trust_world: TrustWorld,
    key: str,
    stamped: int | None,
    asked: int,
    expected: str | None,
) -> None:
    """``stamped`` and ``asked`` are how many days ago the services answered."""
    holder = trust_world.keys[key]
    request = request_for(holder, level=Level.B_B if stamped is None else Level.B_T)
    path, prepared = prepared_file(small_pdf(), tmp_path, request)
    service = None if stamped is None else trust_world.timestamps(days_ago(stamped))
    complete(path, prepared, holder.sign(prepared.signed_attributes), service)
    source = MemorySource(path.read_bytes())
    trust = trust_world.trust()
    for moment in {days_ago(asked), NOW}:
        answers = gather(trust_world.revocation(moment), certificates_in(source), trust)
        trust = trust.with_revocation(answers)
    report = verify(source, "a.pdf", trust, NOW, default_policy())
    assert report.signatures[0].sub_indication == expected, report.why_not()
