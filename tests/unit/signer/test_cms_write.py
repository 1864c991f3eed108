"""The DER that is written by hand, against a library that reads it."""

from asn1crypto import cms, core
from hypothesis import given
from hypothesis import strategies as st

from antin.pki import der_write as der
from antin.pki.algorithms import SignatureAlgorithm
from antin.signer.algorithms import signature_identifier
from antin.signer.cms_write import signed_attributes
from tests.trustworld import TrustWorld


@given(st.binary(max_size=70_000))
def test_octet_strings_of_any_length(data: bytes) -> None:
    encoded = der.tlv(der.OCTET_STRING, data)
    assert core.OctetString.load(encoded, strict=True).native == data
    assert core.OctetString(data).dump() == encoded


@given(st.lists(st.binary(max_size=300), max_size=9))
def test_sets_are_in_der_order(items: list[bytes]) -> None:
    encoded = der.set_of(*(der.tlv(der.OCTET_STRING, item) for item in items))
    same = core.SetOf([core.OctetString(item) for item in items], spec=core.OctetString)
    assert same.dump() == encoded


def test_attributes_are_der_and_always_the_same(trust_world: TrustWorld) -> None:
    certificate = trust_world.certificate("soft-officer-a")
    made = [signed_attributes(b"\x01" * 32, certificate, SignatureAlgorithm("ecdsa"))] * 2
    assert made[0] == made[1]
    assert cms.CMSAttributes.load(made[0], strict=True).untag().dump(force=True) == made[0]


def test_pss_parameters_name_digest_mask_and_salt() -> None:
    encoded = signature_identifier(SignatureAlgorithm("rsassa_pss", "sha384"))
    read = cms.SignedDigestAlgorithm.load(encoded, strict=True)["parameters"].native
    assert read["hash_algorithm"]["algorithm"] == "sha384"
    assert read["mask_gen_algorithm"]["parameters"]["algorithm"] == "sha384"
    assert read["salt_length"] == 48
