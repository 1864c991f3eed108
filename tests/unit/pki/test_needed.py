"""Gathering revocation data: OCSP first, CRL otherwise, nothing unchecked, nothing raised."""

from collections.abc import Mapping

import pytest

from antin.core.errors import UnavailableError
from antin.pki.certificates import load_certificate
from antin.pki.needed import gather, revocation_requests
from antin.pki.path_verdicts import PathOutcome
from antin.pki.paths import judge, material
from antin.pki.trust import TrustAnchor, TrustMaterial
from tests.smallpki import DAY, NOW, Holder, make_responder, make_root
from tests.trustworld import TrustWorld

OCSP, CRL, ROOT_CRL, AIA = (f"http://pki.invalid/{name}" for name in ("o", "c", "r", "a"))


class FakeService:
    """A RevocationService that knows a few addresses and remembers what was asked."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.forgotten: list[str] = []

    def forget(self, url: str, request: bytes = b"") -> None:
        self.forgotten.append(url)

    def crl(self, url: str) -> bytes:
        return self._answer(url)

    def ocsp(self, url: str, request: bytes) -> bytes:
        assert request
        return self._answer(url)

    def certificates(self, url: str) -> bytes:
        return self._answer(url)

    def _answer(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.answers:
            raise UnavailableError("fetch_failed", url=url, detail="nothing there")
        return self.answers[url]


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


@pytest.fixture(scope="module")
def ca(root: Holder) -> Holder:
    return root.issue("Specimen CA", ca=True, crl_url=ROOT_CRL)


@pytest.fixture(scope="module")
def leaf(ca: Holder) -> Holder:
    return ca.issue("Nguyễn Văn A", crl_url=CRL, ocsp_url=OCSP, issuer_url=AIA)


def trust(root: Holder, *known: Holder) -> TrustMaterial:
    return TrustMaterial((TrustAnchor(root.der),), tuple(one.der for one in known))


def test_requests_name_addresses(root: Holder, ca: Holder, leaf: Holder) -> None:
    found = revocation_requests([leaf.der], trust(root, ca))
    assert [(r.certificate.der, r.ocsp_urls, r.crl_urls) for r in found] == [
        (leaf.der, (OCSP,), (CRL,)),
        (ca.der, (), (ROOT_CRL,)),
    ]


def test_fetching_ends_with_its_time(
    root: Holder, ca: Holder, leaf: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("antin.pki.hurried_revocation.time.monotonic", lambda: now[0])

    class Slow(FakeService):
        def _answer(self, url: str) -> bytes:
            now[0] += 1.0
            return super()._answer(url)

    service = Slow({CRL: ca.crl(NOW), ROOT_CRL: root.crl(NOW)})
    assert len(gather(service, [leaf.der], trust(root, ca), NOW).crls) == 2
    asked = list(service.asked)
    assert asked == [OCSP, CRL, ROOT_CRL]
    service.asked.clear()
    data = gather(service, [leaf.der], trust(root, ca), NOW, seconds=1.5)
    assert (service.asked, len(data.crls)) == ([OCSP, CRL], 1)
    service.asked.clear()
    gather(service, [leaf.der], trust(root, ca), NOW, seconds=0)
    assert service.asked == []


def test_what_is_of_no_use_is_to_be_forgotten(root: Holder, ca: Holder, leaf: Holder) -> None:
    forgotten: list[tuple[str, bool]] = []

    class Keeping(FakeService):
        def forget(self, url: str, request: bytes = b"") -> None:
            forgotten.append((url, bool(request)))

    answers = {OCSP: b"no answer", CRL: root.crl(NOW), ROOT_CRL: root.crl(NOW)}
    gather(Keeping(answers), [leaf.der], trust(root, ca), NOW)
    assert forgotten == [(OCSP, True), (CRL, False)]


def test_ocsp_first_and_enough(root: Holder, ca: Holder, leaf: Holder) -> None:
    responder = make_responder(ca)
    answer, crl = ca.ocsp(leaf, NOW, NOW + DAY, responder=responder), root.crl(NOW)
    service = FakeService({OCSP: answer, CRL: ca.crl(NOW), ROOT_CRL: crl})
    data = gather(service, [leaf.der], trust(root, ca), NOW)
    assert (data.ocsps, data.crls) == ((answer,), (crl,))
    assert CRL not in service.asked
    assert set(data.certificates) == {leaf.der, ca.der, responder.der}
    given = trust(root).with_revocation(data)
    verdict = judge(load_certificate(leaf.der), "sign", NOW, material(given, NOW))
    assert verdict.outcome is PathOutcome.VALID


def test_responder_without_nocheck_is_asked_about(root: Holder, ca: Holder, leaf: Holder) -> None:
    responder = make_responder(ca, no_check=False, crl_url=CRL)
    answer, crl = ca.ocsp(leaf, NOW, NOW + DAY, responder=responder), ca.crl(NOW)
    service = FakeService({OCSP: answer, CRL: crl, ROOT_CRL: root.crl(NOW)})
    data = gather(service, [leaf.der], trust(root, ca), NOW)
    assert crl in data.crls


def test_unusable_ocsp_falls_back_to_the_crl(root: Holder, ca: Holder, leaf: Holder) -> None:
    impostor = make_root("Specimen CA")
    other = ca.issue("Trần Thị B")
    crl = ca.crl(NOW)
    for answer in (
        b"rubbish",
        impostor.ocsp(leaf, NOW, NOW + DAY),
        ca.ocsp(other, NOW, NOW + DAY),
        ca.ocsp(leaf, NOW, NOW + DAY, unknown=True),
        ca.ocsp(leaf, NOW - 9 * DAY, NOW - 8 * DAY),
    ):
        data = gather(FakeService({OCSP: answer, CRL: crl}), [leaf.der], trust(root, ca), NOW)
        assert (data.ocsps, data.crls) == ((), (crl,))


def test_wrong_and_missing_crls_are_left_out(root: Holder, ca: Holder, leaf: Holder) -> None:
    stale, foreign = ca.crl(NOW - 90 * DAY), make_root("Specimen CA").crl(NOW)
    for answers in ({}, {CRL: b"rubbish"}, {CRL: stale}, {CRL: foreign}):
        data = gather(FakeService(answers), [leaf.der], trust(root, ca), NOW)
        assert (data.ocsps, data.crls) == ((), ())


def test_missing_issuer_is_fetched(root: Holder, ca: Holder, leaf: Holder) -> None:
    crl = ca.crl(NOW)
    for form in (ca.der, b"-----BEGIN CERTIFICATE-----\nrubbish", b"rubbish"):
        service = FakeService({AIA: form, CRL: crl})
        data = gather(service, [leaf.der], trust(root), NOW)
        assert (ca.der in data.certificates) is (form == ca.der)
        assert data.crls == ((crl,) if form == ca.der else ())


def test_another_certificate_than_the_issuers_is_not_kept(
    root: Holder, ca: Holder, leaf: Holder
) -> None:
    """Whoever slips it in over an open connection would keep the right one away for a while."""
    namesake = make_root().issue("Specimen CA", ca=True)
    for given, forgotten in ((ca, False), (namesake, True), (root, True), (leaf, True)):
        service = FakeService({AIA: given.der})
        gather(service, [leaf.der], trust(root), NOW)
        assert (AIA in service.forgotten) is forgotten


def test_rubbish_certificates_are_left_out(root: Holder, ca: Holder) -> None:
    data = gather(FakeService({}), [b"rubbish", root.der], trust(root, ca), NOW)
    assert data.certificates == ()


def test_development_world(trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    assert key.certificate is not None
    at = trust_world.made_at
    wanted = [key.certificate, trust_world.certificate("tsa")]
    data = gather(trust_world.revocation(at), wanted, trust_world.trust(), at)
    given = trust_world.trust().with_revocation(data)
    for der, purpose in zip(wanted, ("sign", "time-stamp"), strict=True):
        verdict = judge(load_certificate(der), purpose, at, material(given, at))  # type: ignore[arg-type]  # the two literals
        assert verdict.outcome is PathOutcome.VALID, verdict.detail
