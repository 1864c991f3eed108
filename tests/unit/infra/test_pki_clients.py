"""Time-stamps and revocation data over HTTP, from the development authorities."""

from datetime import UTC, datetime, timedelta

import pytest

from antin.core.clock import FixedClock
from antin.core.errors import AntinError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.infra.addresses import resolve_within
from antin.infra.revocation_http import HttpRevocationService
from antin.infra.tsa_http import HttpTimestampService
from antin.pki.certificates import load_certificate
from antin.pki.needed import RevocationRequest, revocation_requests
from antin.pki.timestamps import check_response, new_query
from tests.trustworld import TrustWorld

LOCAL = frozenset({"127.0.0.1", "localhost"})


def asking_about(world: TrustWorld, key: InsecureSoftwareKey) -> RevocationRequest:
    assert key.certificate is not None
    return revocation_requests((key.certificate,), world.trust())[0]


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that really went over the wire."""
    urls: list[str] = []

    def noting(seconds: float, host: str, port: int, allowed: frozenset[str]) -> tuple[str, ...]:
        urls.append(host)
        return resolve_within(seconds, host, port, allowed)

    monkeypatch.setattr("antin.infra.fetch.resolve_within", noting)
    return urls


def test_a_time_stamp_comes_and_checks(trust_world: TrustWorld) -> None:
    query = new_query(b"\x01" * 32)
    response = HttpTimestampService(trust_world.tsa_url, allowed_private=LOCAL).request(query)
    assert check_response(query, response).digest == "sha256"


def test_a_dead_authority_is_unavailable() -> None:
    service = HttpTimestampService("http://127.0.0.1:1/?key=secret", allowed_private=LOCAL)
    with pytest.raises(AntinError) as caught:
        service.request(b"")
    assert caught.value.code == "timestamp_unavailable"
    assert "secret" not in str(caught.value)


def test_a_forbidden_authority_is_named_as_such(trust_world: TrustWorld) -> None:
    with pytest.raises(AntinError) as caught:
        HttpTimestampService(trust_world.tsa_url).request(b"")
    assert caught.value.code == "address_forbidden"


def test_crl_and_ocsp_are_kept_until_they_are_due(
    trust_world: TrustWorld, fetched: list[str]
) -> None:
    clock = FixedClock(datetime.now(UTC))
    service = HttpRevocationService(allowed_private=LOCAL, clock=clock)
    asked = asking_about(trust_world, trust_world.officer_a)
    url, crl_url = asked.ocsp_urls[0], asked.crl_urls[0]
    for _ in range(2):
        service.ocsp(url, asked.ocsp_request)
        service.crl(crl_url)
    assert len(fetched) == 2
    clock.moment += timedelta(minutes=11)
    service.crl(crl_url)
    assert len(fetched) == 3


def test_another_ocsp_question_is_asked_anew(trust_world: TrustWorld, fetched: list[str]) -> None:
    service = HttpRevocationService(allowed_private=LOCAL)
    for key in (trust_world.officer_a, trust_world.officer_b):
        asked = asking_about(trust_world, key)
        service.ocsp(asked.ocsp_urls[0], asked.ocsp_request)
    assert len(fetched) == 2


def test_what_is_out_of_date_is_not_kept(trust_world: TrustWorld, fetched: list[str]) -> None:
    clock = FixedClock(datetime.now(UTC) + timedelta(days=4000))
    service = HttpRevocationService(allowed_private=LOCAL, clock=clock)
    asked = asking_about(trust_world, trust_world.officer_a)
    for _ in range(2):
        service.crl(asked.crl_urls[0])
    assert len(fetched) == 2


def test_issuers_certificates_come(trust_world: TrustWorld) -> None:
    from antin.pki.ocsp_answers import issuer_urls

    url = issuer_urls(load_certificate(trust_world.certificate("soft-officer-a")))[0]
    assert HttpRevocationService(allowed_private=LOCAL).certificates(url)


@pytest.mark.parametrize(
    "url", ["ldap://ca.example/cn=CA", "http://127.0.0.1:1/x", "http://10.0.0.1/"]
)
def test_every_failure_is_the_ports_own(url: str) -> None:
    service = HttpRevocationService(allowed_private=frozenset({"127.0.0.1"}))
    with pytest.raises(AntinError) as caught:
        service.crl(url)
    assert caught.value.code == "fetch_failed"
