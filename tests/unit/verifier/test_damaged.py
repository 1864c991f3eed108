"""A file that has to be repaired never passes, whoever may have opened it in which manner."""

from dataclasses import replace

import pytest

from antin.pdf.document import Manner
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion
from tests.damage import ANY_FORM, Damage
from tests.signedpdf import blank_pdf, check, sign
from tests.smallpki import NOW
from tests.unit.verifier.conftest import Office

DAMAGES = [pytest.param(damage, id=name) for name, damage in ANY_FORM.items()]


@pytest.fixture(scope="module")
def passing(office: Office) -> bytes:
    data = sign(blank_pdf(), office.officer, stamped=office.stamper(NOW))
    assert check(data, office.trust()).conclusion is Conclusion.PASSED
    return data


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_does_not_pass(damage: Damage, passing: bytes, office: Office) -> None:
    report = check(damage.inflict(passing), office.trust())
    assert report.conclusion is not Conclusion.PASSED


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_repaired_file_does_not_pass_either(
    damage: Damage, passing: bytes, office: Office
) -> None:
    policy = replace(default_policy(), reading=Manner.TOLERANT)
    assert check(passing, office.trust(), policy=policy).conclusion is Conclusion.PASSED
    report = check(damage.inflict(passing), office.trust(), policy=policy)
    assert report.conclusion is not Conclusion.PASSED
    assert damage.repair in {found.code for found in report.findings}
