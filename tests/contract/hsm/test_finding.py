"""Keys are found by what a person knows of them, tokens by what is printed on them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from antin.core.errors import KeyDeviceError
from antin.hsm import softhsm
from antin.hsm.pkcs11 import KeyInfo, KeyReference, list_keys, list_tokens
from devpki.piv.station import PivStation
from devpki.tokens import KeySpec, Token, TokenSpec, create_tokens, store_certificates
from tests.tokens import HOLDER, RealToken, forget, makes, on_card, on_softhsm
from tests.trustworld import TrustWorld


def keys_of(token: RealToken) -> tuple[KeyInfo, ...]:
    return list_keys(token.module, token.label, token.serial, token.pin, token.room)


@pytest.mark.parametrize("token", makes("softhsm", "piv", "p11-kit"), indirect=True)
def test_the_token_is_listed_as_its_owner_knows_it(token: RealToken) -> None:
    listed = list_tokens(token.module)
    assert (token.label, token.serial) in [(one.label, one.serial) for one in listed]


@pytest.mark.parametrize("token", makes(), indirect=True)
def test_keys_are_listed_with_label_id_and_public_key(token: RealToken) -> None:
    listed = {(key.label, key.id, key.public_key) for key in keys_of(token)}
    assert listed == set(token.keys.values())


@pytest.mark.parametrize("token", makes(), indirect=True)
def test_a_key_is_found_by_label_by_id_and_by_both(token: RealToken) -> None:
    for label, key_id, public in token.keys.values():
        for names in (
            {"key_label": label},
            {"key_id": key_id},
            {"key_label": label, "key_id": key_id},
        ):
            reference = KeyReference(token.module, token.label, token.serial, **names)
            assert token.open_by(reference, token.pin).public_key == public


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_a_key_is_found_by_its_certificate(token: RealToken) -> None:
    for info in keys_of(token):
        reference = token.reference(None, certificate=info.certificate)
        key = token.open_by(reference, token.pin)
        assert (key.public_key, key.certificate) == (info.public_key, info.certificate)
        assert key.sign(b"data")


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_another_certificate_finds_no_key(token: RealToken, trust_world: TrustWorld) -> None:
    foreign = token.reference(None, certificate=trust_world.certificate("soft-officer-a"))
    with pytest.raises(KeyDeviceError) as caught:
        token.open_by(foreign, token.pin)
    assert caught.value.code == "key_not_found"


@pytest.mark.parametrize("token", makes("softhsm", "opencryptoki", "p11-kit"), indirect=True)
def test_a_key_without_certificate_says_so_and_signs(token: RealToken) -> None:
    assert {info.certificate for info in keys_of(token)} == {None}
    key = token.open("rsa")
    assert key.certificate is None
    assert key.sign(b"data")


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_a_card_s_certificates_are_the_holder_s(token: RealToken) -> None:
    for info in keys_of(token):
        assert info.certificate is not None
        subject = x509.load_der_x509_certificate(info.certificate).subject.rfc4514_string()
        assert subject == f"CN={HOLDER}"


def code_without_serial(token: RealToken) -> str:
    reference = KeyReference(token.module, token.label, None, token.keys["rsa"][0])
    with pytest.raises(KeyDeviceError) as caught:
        token.open_by(reference, token.pin)
    return caught.value.code


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_two_cards_of_one_person_are_told_apart_by_serial(
    token: RealToken, cards: PivStation
) -> None:
    other = on_card(cards.cards[1])
    assert token.label == other.label
    assert token.open("rsa").public_key == token.keys["rsa"][2]
    assert other.open("rsa").public_key == other.keys["rsa"][2]
    assert code_without_serial(token) == "token_not_found"
    cards.pull(1)
    assert token.open_by(token.reference("rsa", token_serial=None), token.pin).sign(b"data")


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[RealToken, RealToken]]:
    """Two SoftHSM tokens with one label."""
    made: list[Token] = []
    for name in ("one", "two"):
        made += create_tokens(tmp_path / name, (TokenSpec("twin", (KeySpec("rsa", "rsa2048"),)),))
    for folder in (tmp_path / "two" / "tokens").iterdir():
        shutil.move(folder, tmp_path / "one" / "tokens")
    softhsm.configure(tmp_path / "one")
    module = softhsm.find_module()
    forget(module)
    yield on_softhsm(made[0], "softhsm", module), on_softhsm(made[1], "softhsm", module)
    forget(module)


@pytest.mark.real("softhsm")
def test_two_soft_tokens_with_one_label_are_told_apart_by_serial(
    twins: tuple[RealToken, RealToken],
) -> None:
    for token in twins:
        assert token.open("rsa").public_key == token.keys["rsa"][2]
        assert code_without_serial(token) == "token_not_found"


@pytest.mark.real("softhsm")
def test_of_two_certificates_with_one_id_the_key_s_own_is_taken(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    (made,) = create_tokens(tmp_path, (TokenSpec("pair", (KeySpec("rsa", "rsa2048"),)),))
    store_certificates(tmp_path, (made,), {"rsa": trust_world.certificate("soft-officer-b")})
    softhsm.configure(tmp_path)
    token = on_softhsm(made, "softhsm", softhsm.find_module())
    (info,) = keys_of(token)
    assert info.public_key == made.public_keys["rsa"]
    assert info.certificate is None
