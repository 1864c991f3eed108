"""The fetching ports: the services without HTTP and the HTTP clients give the same answers."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from antin.core.errors import AntinError
from antin.infra.revocation_http import HttpRevocationService
from antin.infra.tsa_client import Authority, Believed, TimestampAuthorities
from antin.infra.tsa_http import HttpTimestampService
from antin.pki.certificates import load_certificate
from antin.pki.crls import distribution_urls, load_crl
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.needed import revocation_requests
from antin.pki.ocsp_answers import load_ocsp, statement
from antin.pki.timestamps import check_response, new_query
from tests.trustworld import TrustWorld


@dataclass(frozen=True)
class Services:
    timestamps: TimestampService
    revocation: RevocationService


@pytest.fixture(params=["in process", "http", "http, checked"])
def services(request: pytest.FixtureRequest, trust_world: TrustWorld) -> Services:
    if request.param == "in process":
        return Services(trust_world.timestamps(), trust_world.revocation())
    local = frozenset({"127.0.0.1"})
    revocation = HttpRevocationService(allowed_private=local)
    if request.param == "http":
        plain = HttpTimestampService(trust_world.tsa_url, allowed_private=local)
        return Services(plain, revocation)
    believed = Believed(trust_world.trust(), revocation)
    authorities = (Authority(trust_world.tsa_url),)
    return Services(TimestampAuthorities(authorities, believed, allowed_private=local), revocation)


@pytest.mark.requirement("CRY-7")
def test_a_time_stamp_fits_its_query(services: Services) -> None:
    digest = hashlib.sha256(b"data").digest()
    query = new_query(digest, "sha256")
    facts = check_response(query, services.timestamps.request(query))
    assert abs((facts.gen_time - datetime.now(UTC)).total_seconds()) < 300
    other = services.timestamps.request(new_query(hashlib.sha256(b"other").digest(), "sha256"))
    with pytest.raises(AntinError) as caught:
        check_response(query, other)
    assert caught.value.code == "timestamp_wrong"


def test_a_query_that_is_none_is_an_error(services: Services) -> None:
    query = new_query(hashlib.sha256(b"data").digest(), "sha256")
    with pytest.raises(AntinError) as caught:
        check_response(query, services.timestamps.request(b"no query"))
    assert caught.value.code in {"timestamp_unavailable", "timestamp_wrong"}


def test_ocsp_answers_are_about_the_certificate(
    services: Services, trust_world: TrustWorld
) -> None:
    for key, revoked in ((trust_world.officer_a, False), (trust_world.keys["revoked"], True)):
        assert key.certificate is not None
        request = revocation_requests([key.certificate], trust_world.trust())[0]
        answer = load_ocsp(services.revocation.ocsp(request.ocsp_urls[0], request.ocsp_request))
        said = statement(answer, request.certificate, request.issuer)
        assert said is not None
        assert (said.revoked_at is not None) is revoked


def test_crls_and_issuers_are_there(services: Services, trust_world: TrustWorld) -> None:
    assert trust_world.officer_a.certificate is not None
    certificate = load_certificate(trust_world.officer_a.certificate)
    assert load_crl(services.revocation.crl(distribution_urls(certificate)[0]))


def test_what_is_not_there_is_an_error_with_a_code(
    services: Services, trust_world: TrustWorld
) -> None:
    nowhere = f"{trust_world.pki.base_url}/nothing/here"
    for ask in (services.revocation.crl, services.revocation.certificates):
        with pytest.raises(AntinError) as caught:
            ask(nowhere)
        assert caught.value.code == "fetch_failed"
