"""Keys on a real token: finding them, using them, and what goes wrong."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import PyKCS11
import pytest

from antin.core.errors import AntinError, KeyDeviceError
from antin.hsm import pkcs11_token, softhsm
from antin.hsm.pins import pin_from_file
from antin.hsm.pkcs11 import KeyReference, Pkcs11Key, list_keys, list_tokens, open_key
from antin.hsm.pkcs11_mechanisms import mechanism_for
from antin.hsm.pkcs11_token import Pkcs11Token, connected_token
from antin.hsm.public_keys import load_public_key, require_signature
from antin.pki.algorithms import SignatureAlgorithm
from devpki.tokens import Token
from tests.trustworld import TrustWorld

pytestmark = pytest.mark.real("softhsm")


class Desk:
    """The token ``desk``, as if nothing had been opened in this process yet."""

    def __init__(self, folder: Path, token: Token) -> None:
        softhsm.configure(folder)
        self.folder = folder
        self.token = token
        self.module = softhsm.find_module()
        self.pin = pin_from_file(token.label, token.pin_file)

    def reference(self, key_label: str | None = "p256", **changes: object) -> KeyReference:
        base = KeyReference(self.module, self.token.label, self.token.serial, key_label)
        return dataclasses.replace(base, **changes)  # type: ignore[arg-type]  # any field may change

    def key(self, key_label: str = "p256") -> Pkcs11Key:
        return open_key(self.reference(key_label), self.pin)


@pytest.fixture
def tokens_forgotten() -> Iterator[None]:
    tokens: dict[object, Pkcs11Token] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pkcs11_token, "_tokens", tokens)
        yield
    for token in tokens.values():
        token.close()


@pytest.fixture
def at_desk(desk: tuple[Path, Token], tokens_forgotten: None) -> Desk:
    return Desk(*desk)


def code_of(reference: KeyReference, pin: str | None, desk: Desk) -> AntinError:
    with pytest.raises(AntinError) as caught:
        open_key(reference, desk.pin if pin is None else lambda: pin)
    return caught.value


def test_token_is_found_by_label_and_serial(at_desk: Desk) -> None:
    (token,) = list_tokens(at_desk.module)
    assert (token.label, token.serial) == ("desk", at_desk.token.serial)
    assert open_key(at_desk.reference(token_serial=None), at_desk.pin).sign(b"data")


@pytest.mark.parametrize("wrong", [{"token_label": "drawer"}, {"token_serial": "0000000000000000"}])
def test_another_token_will_not_do(at_desk: Desk, wrong: dict[str, str]) -> None:
    assert code_of(at_desk.reference(**wrong), None, at_desk).code == "token_not_found"


def test_key_is_found_by_id(at_desk: Desk) -> None:
    key = open_key(at_desk.reference(None, key_id=b"\x02"), at_desk.pin)
    assert key.public_key == at_desk.token.public_keys["other"]


@pytest.mark.parametrize(
    ("label", "key_id"), [("nobody", None), (None, b"\x09"), ("p256", b"\x02"), (None, None)]
)
def test_no_key_or_several_is_not_found(
    at_desk: Desk, label: str | None, key_id: bytes | None
) -> None:
    error = code_of(at_desk.reference(label, key_id=key_id), None, at_desk)
    assert error.code == "key_not_found"


def test_keys_are_listed_with_what_lies_beside_them(at_desk: Desk) -> None:
    keys = list_keys(at_desk.module, "desk", None, at_desk.pin)
    assert [key.label for key in keys] == ["asks", "other", "p256", "rsa"]
    assert {key.label: key.public_key for key in keys} == at_desk.token.public_keys
    assert [key.certificate for key in keys] == [None] * 4


def test_certificate_lies_beside_the_key(trust_world: TrustWorld) -> None:
    assert trust_world.softhsm_key("officer-2").certificate == trust_world.certificate("officer-2")


def test_wrong_pin_is_reported_and_the_right_one_still_works(at_desk: Desk) -> None:
    error = code_of(at_desk.reference(), "000000000", at_desk)
    assert error.code == "pin_incorrect"
    assert at_desk.key().sign(b"data")


def test_pin_is_in_no_error(at_desk: Desk) -> None:
    error: BaseException | None = code_of(at_desk.reference(), "secret-4711", at_desk)
    while error is not None:
        assert "4711" not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__


def test_empty_pin_is_never_tried(at_desk: Desk) -> None:
    assert code_of(at_desk.reference(), "", at_desk).code == "pin_missing"


def test_key_that_wants_its_pin_each_time_gets_it(at_desk: Desk) -> None:
    key = at_desk.key("asks")
    assert key.sign(b"one")
    assert key.sign(b"two")


def test_missing_module(at_desk: Desk) -> None:
    reference = at_desk.reference(module=Path("/nowhere/libpkcs11.so"))
    assert code_of(reference, None, at_desk).code == "pkcs11_module_missing"


def test_module_under_another_name_is_the_same_module(at_desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "alias.so").symlink_to(at_desk.module)
    first = at_desk.key()
    second = open_key(at_desk.reference(module=tmp_path / "alias.so"), at_desk.pin)
    assert first.sign(b"data")
    assert second.sign(b"data")
    assert connected_token(tmp_path / "alias.so", "desk", None) is connected_token(
        at_desk.module, "desk", None
    )


def test_something_else_than_a_module(at_desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no library")
    reference = at_desk.reference(module=tmp_path / "text.so")
    assert code_of(reference, None, at_desk).code == "pkcs11_module_broken"


def test_empty_signature_is_refused_and_the_token_works_after_it(at_desk: Desk) -> None:
    # SoftHSM answers an RSA mechanism on an EC key with 0 bytes, then CKR_OPERATION_ACTIVE.
    good = at_desk.key()
    wrong = with_algorithm(at_desk, SignatureAlgorithm("rsassa_pkcs1v15"))
    with pytest.raises(KeyDeviceError) as caught:
        wrong.sign(b"data")
    assert caught.value.code == "token_failed"
    require_signature(
        load_public_key(good.public_key, ""), good.algorithm, b"data", good.sign(b"data"), token=""
    )


def test_signature_that_does_not_fit_the_public_key_is_withheld(at_desk: Desk) -> None:
    mismatched = with_algorithm(
        at_desk, SignatureAlgorithm("ecdsa"), at_desk.token.public_keys["other"]
    )
    with pytest.raises(KeyDeviceError) as caught:
        mismatched.sign(b"data")
    assert caught.value.code == "token_failed"
    assert "does not fit" in caught.value.detail


def test_session_is_closed_after_an_error(at_desk: Desk) -> None:
    key = at_desk.key()
    token = connected_token(at_desk.module, "desk", None)
    before = token.generation
    for error in (PyKCS11.PyKCS11Error(PyKCS11.CKR_DEVICE_ERROR), KeyboardInterrupt()):
        with pytest.raises((KeyDeviceError, KeyboardInterrupt)), token.session(at_desk.pin):
            raise error
        assert key.sign(b"data")
    assert token.generation == before + 2


def with_algorithm(
    desk: Desk, algorithm: SignatureAlgorithm, public_key: bytes | None = None
) -> Pkcs11Key:
    """Return the key ``p256``, taken for what it is not."""
    token = connected_token(desk.module, "desk", None)
    public = load_public_key(public_key or desk.token.public_keys["p256"], "desk")
    mechanism = mechanism_for(algorithm, "desk")
    return Pkcs11Key(token, desk.reference(), public, None, mechanism, desk.pin)


def test_key_shows_nothing_but_its_name(at_desk: Desk) -> None:
    assert repr(at_desk.key()) == "Pkcs11Key('desk', 'p256')"


def test_tokens_work_after_their_folder_moved(
    desk: tuple[Path, Token], tmp_path: Path, tokens_forgotten: None
) -> None:
    before = Desk(*desk).key().public_key
    shutil.copytree(desk[0], tmp_path / "moved")
    moved = Desk(tmp_path / "moved", desk[1]).key()
    assert moved.public_key == before
    assert moved.sign(b"data")


def test_token_that_was_taken_away_fails_with_a_code(
    desk: tuple[Path, Token], tmp_path: Path, tokens_forgotten: None
) -> None:
    shutil.copytree(desk[0], tmp_path / "away")
    key = Desk(tmp_path / "away", desk[1]).key()
    shutil.rmtree(tmp_path / "away" / "tokens")
    for _ in range(2):
        with pytest.raises(KeyDeviceError) as caught:
            key.sign(b"data")
        assert caught.value.code in {"token_failed", "token_not_found", "key_not_found"}
