"""What every place for seal keys promises (antin.flows.services.SealKeys)."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from antin.core.errors import RefusedError
from antin.flows.services import SealKeys
from antin.infra.keys import Keys
from antin.infra.settings import parse_settings
from tests.office import OneSeal
from tests.trustworld import TrustWorld

AGENCY = "UBND-MAU"


@pytest.fixture(params=["memory", pytest.param("softhsm", marks=pytest.mark.real("softhsm"))])
def seals(request: pytest.FixtureRequest, trust_world: TrustWorld, tmp_path: Path) -> SealKeys:
    if request.param == "memory":
        return OneSeal(AGENCY, trust_world.agency_seal)
    return Keys(parse_settings(tmp_path, on_token(trust_world).encode()))


def on_token(world: TrustWorld) -> str:
    assert world.token_world is not None
    pin_file = world.token_world.token("agency").pin_file
    return f"""
[softhsm]
tokens = "{world.token_world.token_folder}/tokens"
[[credentials]]
name = "checkpoint"
token_label = "agency"
key_label = "checkpoint"
pin = {{ file = "{pin_file}" }}
[[credentials]]
name = "seal"
token_label = "agency"
key_label = "seal"
agency = "{AGENCY}"
pin = {{ file = "{pin_file}" }}
"""


def test_the_agency_gets_a_key_that_signs(seals: SealKeys) -> None:
    key = seals.for_agency(AGENCY)
    public = load_der_public_key(key.public_key)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(key.sign(b"a letter"), b"a letter", ec.ECDSA(hashes.SHA256()))


def test_the_key_comes_with_its_own_certificate(seals: SealKeys) -> None:
    key = seals.for_agency(AGENCY)
    assert key.certificate is not None
    certified = x509.load_der_x509_certificate(key.certificate).public_key()
    assert certified.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == key.public_key


def test_it_is_the_same_key_each_time(seals: SealKeys) -> None:
    assert seals.for_agency(AGENCY) is seals.for_agency(AGENCY)


@pytest.mark.parametrize("code", ["SO-MAU", "", "ubnd-mau", "UBND", "seal"])
def test_no_other_agency_gets_it(seals: SealKeys, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        seals.for_agency(code)
    assert caught.value.code == "seal_credential_missing"
