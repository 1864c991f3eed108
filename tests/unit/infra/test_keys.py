"""Keys by name: found or refused, opened late, PINs only from where they are said to be."""

from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.infra.keys import CheckpointKey, Keys, default_module
from antin.infra.settings import Settings, parse_settings
from tests.trustworld import TrustWorld

TEXT = """
pkcs11_module = "/nonexistent/module.so"
[[credentials]]
name = "seal"
token_label = "hsm"
agency = "UBND-MAU"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return parse_settings(tmp_path, TEXT.encode())


def _code(call: object, *arguments: object) -> str:
    with pytest.raises(AntinError) as caught:
        call(*arguments)  # type: ignore[operator]  # a function of the code under test
    return caught.value.code


def test_an_unknown_name_is_refused(settings: Settings) -> None:
    assert _code(Keys(settings).named, "nobody") == "credential_not_found"


def test_an_agency_without_a_seal_is_refused(settings: Settings) -> None:
    assert _code(Keys(settings).for_agency, "SO-MAU") == "seal_credential_missing"


def test_nothing_is_opened_before_it_is_used(settings: Settings) -> None:
    keys = Keys(settings)
    CheckpointKey(keys, "origin", "seal")
    assert _code(keys.for_agency, "UBND-MAU") == "pkcs11_module_missing"


def test_a_service_asks_nobody_for_a_pin(settings: Settings) -> None:
    credential = settings.credentials[0]
    assert _code(Keys(settings).pin(credential)) == "pin_missing"
    asked = Keys(settings, lambda token: f"pin of {token}").pin(credential)
    assert asked() == "pin of hsm"


def test_no_module_is_a_setting_that_is_missing(tmp_path: Path) -> None:
    assert _code(default_module, parse_settings(tmp_path, b"")) == "settings_invalid"


@pytest.mark.real("softhsm")
def test_the_checkpoint_key_is_ecdsa_on_p256(trust_world: TrustWorld, tmp_path: Path) -> None:
    world = trust_world.token_world
    assert world is not None
    rsa = world.token("officer-2")
    text = f"""
[softhsm]
tokens = "{world.token_folder}/tokens"
[[credentials]]
name = "rsa"
token_label = "officer-2"
key_label = "officer-2"
pin = {{ file = "{rsa.pin_file}" }}
[[credentials]]
name = "p256"
token_label = "agency"
key_label = "checkpoint"
pin = {{ file = "{world.token("agency").pin_file}" }}
"""
    keys = Keys(parse_settings(tmp_path, text.encode()))
    assert CheckpointKey(keys, "origin", "p256").sign(b"note")
    assert _code(CheckpointKey(keys, "origin", "rsa").sign, b"note") == "mechanism_missing"
