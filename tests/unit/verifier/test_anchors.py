"""Trust anchors per purpose: what a policy believes of what the trust folder holds."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import pytest

from antin.core.errors import InputError
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial
from antin.verifier.anchors import Anchors, believed
from antin.verifier.policy import default_policy
from antin.verifier.report import Report
from tests.signedpdf import FixedTimeStamper, blank_pdf, check, only, sign, trust_in
from tests.smallpki import DAY, NOW, Holder, make_responder, make_root, make_tsa

AGENCY = "Specimen Agency"
UNKNOWN = "0" * 64


@dataclass(frozen=True)
class World:
    """Two authorities, each with an officer, an agency's seal and a time-stamping authority."""

    one: Holder
    other: Holder

    @cached_property
    def signed(self) -> bytes:
        return sign(blank_pdf(), self.one.issue("Nguyễn Văn A"))

    @cached_property
    def sealed(self) -> bytes:
        return sign(blank_pdf(), self.one.issue(AGENCY, organisation=AGENCY))

    @cached_property
    def stamped(self) -> bytes:
        stamper = FixedTimeStamper(make_tsa(self.other), NOW - DAY)
        return sign(blank_pdf(), self.one.issue("Trần Thị B"), stamped=stamper)

    def trust(self, *top: Holder, **groups: Holder) -> TrustMaterial:
        """Return trust in ``top``, with groups of one anchor each, and everybody's CRLs."""
        crls = [root.crl(NOW - DAY) for root in (self.one, self.other)]
        grouped = {name: (root.der,) for name, root in groups.items()}
        return replace(trust_in(*top, crls=crls), groups=grouped)


@pytest.fixture(scope="module")
def world() -> World:
    return World(make_root("Root One"), make_root("Root Two"))


def under(data: bytes, trust: TrustMaterial, **anchors: list[str]) -> Report:
    named: Anchors = {key.replace("_", "-"): tuple(value) for key, value in anchors.items()}
    return check(data, trust, policy=replace(default_policy(), anchors=named))


def sub(report: Report) -> str | None:
    return only(report).sub_indication


def sha(holder: Holder) -> str:
    """Return how a policy names an anchor."""
    return hashlib.sha256(holder.der).hexdigest()


NO_PATH = "NO_CERTIFICATE_CHAIN_FOUND"


def test_an_anchor_by_its_digest(world: World) -> None:
    trust = world.trust(world.one, world.other)
    assert sub(under(world.signed, trust)) is None
    assert sub(under(world.signed, trust, sign=[sha(world.one)])) is None
    assert sub(under(world.signed, trust, sign=[sha(world.other)])) == NO_PATH
    assert sub(under(world.signed, trust, sign=["."])) is None
    assert sub(under(world.signed, trust, sign=[])) == NO_PATH


def test_a_group_counts_only_where_it_is_named(world: World) -> None:
    trust = world.trust(world.other, old=world.one)
    assert sub(under(world.signed, trust)) == NO_PATH
    assert sub(under(world.signed, trust, sign=["."])) == NO_PATH
    assert sub(under(world.signed, trust, time_stamp=["old"])) == NO_PATH
    assert sub(under(world.signed, trust, seal=["old"])) == NO_PATH
    assert sub(under(world.signed, trust, sign=["old"])) is None
    assert sub(under(world.signed, trust, sign=[".", sha(world.one)])) is None


@pytest.mark.parametrize("entry", [UNKNOWN, "young", "", "..", "OLD"])
def test_an_anchor_that_is_not_there_is_an_error(world: World, entry: str) -> None:
    trust = world.trust(world.one, old=world.other)
    with pytest.raises(InputError, match=r"anchors\.sign names") as caught:
        under(world.signed, trust, sign=[entry])
    assert caught.value.code == "policy_malformed"


def test_seals_and_signatures_of_persons(world: World) -> None:
    trust = world.trust(world.one, world.other)
    mine, another = [sha(world.one)], [sha(world.other)]
    for sign_by, seal_by, of_person, of_agency in [
        (mine, another, None, NO_PATH),
        (another, mine, NO_PATH, None),
    ]:
        assert sub(under(world.signed, trust, sign=sign_by, seal=seal_by)) == of_person
        assert sub(under(world.sealed, trust, sign=sign_by, seal=seal_by)) == of_agency
    assert sub(under(world.sealed, trust, sign=another)) == NO_PATH
    assert sub(under(world.sealed, trust, seal=another)) == NO_PATH
    assert sub(under(world.signed, trust, seal=another)) is None


def test_time_stamps(world: World) -> None:
    trust = world.trust(world.one, world.other)
    assert only(under(world.stamped, trust)).time_source == "signature-timestamp"
    by_one = only(under(world.stamped, trust, time_stamp=[sha(world.one)]))
    assert (by_one.time_source, by_one.sub_indication) == ("none", None)
    assert [warning.code for warning in by_one.warnings] == ["timestamp_unproven"]
    by_other = only(under(world.stamped, trust, time_stamp=[sha(world.other)]))
    assert by_other.time_source == "signature-timestamp"


def test_what_is_said_of_revocation(world: World) -> None:
    trust = world.trust(world.one)
    assert sub(under(world.signed, trust, crl=[])) == "TRY_LATER"
    assert sub(under(world.signed, trust, crl=[sha(world.one)])) is None
    assert sub(under(world.signed, trust, ocsp=[])) is None
    officer = world.one.issue("Nguyễn Văn A")
    responder = make_responder(world.one)
    answer = world.one.ocsp(officer, NOW - DAY, NOW + DAY, responder=responder)
    asked = trust_in(world.one, ocsps=[answer])
    data = sign(blank_pdf(), officer)
    assert sub(under(data, asked)) is None
    assert sub(under(data, asked, crl=[])) is None
    assert sub(under(data, asked, ocsp=[])) == "TRY_LATER"


def test_no_policy_makes_more_of_an_anchor_than_the_trust_folder(world: World) -> None:
    mine = TrustAnchor(world.one.der, frozenset({"time-stamp"}))
    trust = replace(world.trust(world.one, old=world.one), anchors=(mine,))
    for sign_by in (["."], ["old"], [sha(world.one)]):
        assert sub(under(world.signed, trust, sign=sign_by)) == NO_PATH


def test_without_anchors_trust_stays_what_it_is(world: World) -> None:
    trust = world.trust(world.one, old=world.other)
    assert believed(trust, {}).anchors == trust.anchors
    assert believed(trust, {}).only == {}


def test_the_order_of_trust_is_its_own(world: World) -> None:
    trust = world.trust(world.one, world.other)
    turned = replace(
        trust,
        anchors=(*reversed(trust.anchors), *trust.anchors),
        revocation=RevocationData(tuple(reversed(trust.revocation.crls))),
    )
    for anchors in ({}, {"sign": (".",)}):
        assert believed(turned, anchors) == believed(trust, anchors)
