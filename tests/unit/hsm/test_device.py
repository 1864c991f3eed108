"""A token that another process is just writing down is read once more."""

import time
from pathlib import Path

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm import device, pkcs11, softhsm
from antin.hsm.gate import PinGate
from antin.hsm.pins import pin_from_file
from antin.hsm.pkcs11 import KeyReference, KeyRoom
from devpki.tokens import KeySpec, TokenSpec, create_tokens

pytestmark = pytest.mark.real("softhsm")


def open_key(folder: Path, pin_file: Path) -> pkcs11.Pkcs11Key:
    softhsm.configure(folder)
    reference = KeyReference(softhsm.find_module(), "office", key_label="p256")
    pin = pin_from_file("office", pin_file)
    return pkcs11.open_key(reference, pin, KeyRoom(PinGate(lambda _alarm: None)))


@pytest.mark.parametrize("part", [0.0, 0.5], ids=["nothing yet", "half of it"])
def test_a_half_written_token_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: float
) -> None:
    (token,) = create_tokens(tmp_path, (TokenSpec("office", (KeySpec("p256"),)),))
    (file,) = tmp_path.rglob("token.object")
    whole = file.read_bytes()
    pause, paused = time.sleep, list[float]()

    def finish_writing(seconds: float) -> None:
        paused.append(seconds)
        file.write_bytes(whole)
        pause(seconds)

    monkeypatch.setattr("antin.hsm.device.time.sleep", finish_writing)
    file.write_bytes(whole[: int(len(whole) * part)])
    key = open_key(tmp_path, token.pin_file)
    assert key.sign(b"data")
    assert device._PAUSE in paused


def test_a_token_that_stays_broken_is_not_found(tmp_path: Path) -> None:
    (token,) = create_tokens(tmp_path, (TokenSpec("office", (KeySpec("p256"),)),))
    (file,) = tmp_path.rglob("token.object")
    file.write_bytes(b"")
    with pytest.raises(KeyDeviceError) as caught:
        open_key(tmp_path, token.pin_file)
    assert caught.value.code == "token_not_found"
