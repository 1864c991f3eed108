"""What is signed here passes verification by the verifier, which knows nothing of the signer."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from antin.core.bytesource import FileSource, MemorySource
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.augment import augment
from antin.signer.request import Level, Stamp
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion, Report
from antin.verifier.verify import verify
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import NOW, request_for, seal_image, small_pdf


def report_on(path: Path, trust: TrustMaterial) -> Report:
    with FileSource(path) as source:
        return verify(source, path.name, trust, datetime.now(UTC), default_policy())


def signed_and_sealed(folder: Path, world: TrustWorld, level: Level) -> Path:
    first, second = folder / "signed.pdf", folder / "sealed.pdf"
    services = world.timestamps(NOW), world.revocation(NOW), world.trust()
    officer, seal = world.officer_a, world.agency_seal
    one = request_for(officer, level=level, stamp=Stamp(1, 90, 200, 40, 20, seal_image()))
    two = request_for(seal, level=level, stamp=Stamp(1, 70, 190, 36, 36, seal_image()))
    pades.sign(MemorySource(small_pdf()), first, officer, one, *services)
    with FileSource(first) as source:
        pades.sign(source, second, seal, two, *services)
    return second


def levels(report: Report) -> set[str | None]:
    return {one.level for one in report.signatures if one.kind == "signature"}


@pytest.mark.parametrize("level", list(Level))
def test_signed_and_sealed_passes_at_its_level(
    tmp_path: Path, trust_world: TrustWorld, level: Level
) -> None:
    path = signed_and_sealed(tmp_path, trust_world, level)
    report = report_on(path, trust_world.trust(crls=True))
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    assert levels(report) == {str(level)}


@pytest.mark.parametrize("level", list(Level))
def test_raised_to_b_lta_it_passes_with_the_anchors_alone(
    tmp_path: Path, trust_world: TrustWorld, level: Level
) -> None:
    path = signed_and_sealed(tmp_path, trust_world, level)
    output = tmp_path / "archived.pdf"
    with FileSource(path) as source:
        services = trust_world.timestamps(NOW), trust_world.revocation(NOW)
        augment(source, output, Level.B_LTA, trust_world.trust(), *services, NOW)
    anchors = TrustMaterial(trust_world.trust().anchors)
    report = report_on(output, anchors)
    assert report.conclusion is Conclusion.PASSED, report.why_not()
    assert levels(report) == {"B-LTA"}
