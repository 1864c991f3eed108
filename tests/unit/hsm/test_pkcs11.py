"""Keys on a real token: finding them, using them, and what goes wrong."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from antin.core.errors import AntinError, KeyDeviceError
from antin.hsm import softhsm
from antin.hsm.cryptoki_values import CKM_ECDSA, CKM_SHA256_RSA_PKCS
from antin.hsm.mechanism_calls import MechanismCall
from antin.hsm.mechanisms import Way
from antin.hsm.pins import pin_from_file
from antin.hsm.pkcs11 import (
    KeyReference,
    KeyRoom,
    Pkcs11Key,
    list_keys,
    list_tokens,
    open_key,
)
from antin.hsm.public_keys import load_public_key, require_signature
from antin.pki.algorithms import SignatureAlgorithm
from devpki.tokens import Token
from tests.trustworld import TrustWorld

pytestmark = pytest.mark.real("softhsm")


class Desk:
    """The token ``desk``, as if nothing had been opened in this process yet."""

    def __init__(self, folder: Path, token: Token, room: KeyRoom) -> None:
        softhsm.configure(folder)
        self.folder = folder
        self.token = token
        self.room = room
        self.module = softhsm.find_module()
        self.pin = pin_from_file(token.label, token.pin_file)

    def reference(self, key_label: str | None = "p256", **changes: object) -> KeyReference:
        base = KeyReference(self.module, self.token.label, self.token.serial, key_label)
        return dataclasses.replace(base, **changes)  # type: ignore[arg-type]  # any field may change

    def open(self, reference: KeyReference) -> Pkcs11Key:
        return open_key(reference, self.pin, self.room)

    def key(self, key_label: str = "p256") -> Pkcs11Key:
        return self.open(self.reference(key_label))


@pytest.fixture
def room() -> Iterator[KeyRoom]:
    room = KeyRoom()
    yield room
    room.close()


@pytest.fixture
def at_desk(desk: tuple[Path, Token], room: KeyRoom) -> Desk:
    return Desk(*desk, room)


def code_of(reference: KeyReference, pin: str | None, desk: Desk) -> AntinError:
    with pytest.raises(AntinError) as caught:
        open_key(reference, desk.pin if pin is None else lambda: pin, desk.room)
    return caught.value


def test_token_is_found_by_label_and_serial(at_desk: Desk) -> None:
    (token,) = list_tokens(at_desk.module)
    assert (token.label, token.serial) == ("desk", at_desk.token.serial)
    assert at_desk.open(at_desk.reference(token_serial=None)).sign(b"data")


@pytest.mark.parametrize("wrong", [{"token_label": "drawer"}, {"token_serial": "0000000000000000"}])
def test_another_token_will_not_do(at_desk: Desk, wrong: dict[str, str]) -> None:
    assert code_of(at_desk.reference(**wrong), None, at_desk).code == "token_not_found"


def test_key_is_found_by_id(at_desk: Desk) -> None:
    key = at_desk.open(at_desk.reference(None, key_id=b"\x02"))
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
    keys = list_keys(at_desk.module, "desk", None, at_desk.pin, at_desk.room)
    assert [key.label for key in keys] == ["asks", "ed25519", "other", "p256", "rsa"]
    assert {key.label: key.public_key for key in keys} == at_desk.token.public_keys
    assert [key.certificate for key in keys] == [None] * 5


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
    alias = at_desk.reference(module=tmp_path / "alias.so")
    assert at_desk.key().sign(b"data")
    assert at_desk.open(alias).sign(b"data")
    assert at_desk.room.device(alias.place) is at_desk.room.device(at_desk.reference().place)


def test_something_else_than_a_module(at_desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no library")
    reference = at_desk.reference(module=tmp_path / "text.so")
    assert code_of(reference, None, at_desk).code == "pkcs11_module_broken"


def test_a_library_that_is_no_module(at_desk: Desk) -> None:
    # Every Python process has loaded this one already.
    library = next(Path("/usr/lib").glob("*/libm.so.6"))
    error = code_of(at_desk.reference(module=library), None, at_desk)
    assert error.code == "pkcs11_module_broken"


def test_a_signature_that_fails_half_way_leaves_a_token_that_works(at_desk: Desk) -> None:
    # SoftHSM starts an RSA signature with an EC key, fails in the midst, and stays there.
    good = at_desk.key()
    wrong = by(at_desk, Way(SignatureAlgorithm("rsassa_pkcs1v15"), PKCS1, raw=False))
    for _ in range(2):
        with pytest.raises(KeyDeviceError) as caught:
            wrong.sign(b"data")
        assert caught.value.code == "token_failed"
    require_signature(
        load_public_key(good.public_key, ""), good.algorithm, b"data", good.sign(b"data"), token=""
    )


PKCS1 = MechanismCall(CKM_SHA256_RSA_PKCS)
ECDSA = Way(SignatureAlgorithm("ecdsa"), MechanismCall(CKM_ECDSA), raw=True)


def test_signature_that_does_not_fit_the_public_key_is_withheld(at_desk: Desk) -> None:
    mismatched = by(at_desk, ECDSA, public_key=at_desk.token.public_keys["other"])
    with pytest.raises(KeyDeviceError) as caught:
        mismatched.sign(b"data")
    assert caught.value.code == "token_failed"
    assert "does not fit" in caught.value.detail


def test_a_way_that_gives_no_signature_gives_way_to_the_next(at_desk: Desk) -> None:
    # No ECDSA with SHA-256 in SoftHSM: the raw mechanism has to do.
    hashing = Way(SignatureAlgorithm("ecdsa"), MechanismCall(0x1044), raw=False)
    key = by(at_desk, hashing, ECDSA)
    assert key.sign(b"one")
    assert key._ways == (ECDSA,)
    with pytest.raises(KeyDeviceError) as caught:
        by(at_desk, hashing).sign(b"one")
    assert (caught.value.code, caught.value.values["rv"]) == (
        "mechanism_missing",
        "CKR_MECHANISM_INVALID",
    )


def by(desk: Desk, *ways: Way, public_key: bytes | None = None) -> Pkcs11Key:
    """Return the key ``p256``, taken for what it is not."""
    public = load_public_key(public_key or desk.token.public_keys["p256"], "desk")
    device = desk.room.device(desk.reference().place)
    serial = desk.token.serial
    return Pkcs11Key(device, desk.room.gate, desk.reference(), serial, public, None, ways, desk.pin)


def test_key_shows_nothing_but_its_name(at_desk: Desk) -> None:
    assert repr(at_desk.key()) == "Pkcs11Key('desk', 'p256')"


def test_one_login_serves_every_key_of_the_token(at_desk: Desk) -> None:
    asked = []

    def pin() -> str:
        asked.append(1)
        return at_desk.pin()

    keys = [open_key(at_desk.reference(label), pin, at_desk.room) for label in ("p256", "rsa")]
    for key in keys:
        assert key.sign(b"data")
    assert asked == [1]


def test_tokens_work_after_their_folder_moved(at_desk: Desk, tmp_path: Path) -> None:
    before = at_desk.key().public_key
    shutil.copytree(at_desk.folder, tmp_path / "moved")
    moved = Desk(tmp_path / "moved", at_desk.token, at_desk.room).key()
    assert moved.public_key == before
    assert moved.sign(b"data")


def test_token_that_was_taken_away_fails_with_a_code_and_signs_when_it_is_back(
    at_desk: Desk, tmp_path: Path
) -> None:
    shutil.copytree(at_desk.folder, tmp_path / "away")
    key = Desk(tmp_path / "away", at_desk.token, at_desk.room).key()
    for _ in range(2):
        (tmp_path / "away" / "tokens").rename(tmp_path / "drawer")
        for _ in range(2):
            with pytest.raises(KeyDeviceError) as caught:
                key.sign(b"data")
            assert caught.value.code in {"session_lost", "token_not_found"}
            assert "rv" in caught.value.values or caught.value.code == "token_not_found"
        (tmp_path / "drawer").rename(tmp_path / "away" / "tokens")
        assert key.sign(b"data")
