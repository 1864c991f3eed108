"""A probe tells the same things of tokens of every make, and harms none."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm.gate import PinGate
from antin.hsm.objects import KeyName
from antin.hsm.pins import DeliberatePin
from antin.hsm.probe import ProbeTarget, find_token, probe
from antin.hsm.probe_result import PinState, Probe
from antin.hsm.room import KeyRoom, Staffing
from devpki.opencryptoki import OpenCryptoki
from devpki.piv.station import PivStation
from tests.tokens import KINDS, NOW, RealToken, makes, on_opencryptoki, spend

LOADED_HERE = ("softhsm", "piv", "p11-kit")
"""Makes that this process may load; opencryptoki is probed by the command, see ``soft_room``."""
SIGNS_BY = {
    "rsa": ("rsassa_pss", "sha256"),
    "p256": ("ecdsa", "sha256"),
    "p384": ("ecdsa", "sha384"),
    "p521": ("ecdsa", "sha512"),
    "asks": ("rsassa_pss", "sha256"),
}


@pytest.fixture
def room() -> Iterator[KeyRoom]:
    """A process of its own, as the command has it."""
    made = KeyRoom(PinGate(lambda _alarm: None), Staffing(processes=1, sessions=1))
    yield made
    made.close()


def target(
    token: RealToken, key: KeyName | None = None, *, use_final_try: bool = False
) -> ProbeTarget:
    place = (token.module, token.label, token.serial)
    return ProbeTarget(*place, key or KeyName(), use_final_try=use_final_try)


def probed(token: RealToken, room: KeyRoom, now: datetime = NOW) -> Probe:
    return probe(target(token), token.pin, room, now)


def remarks(found: Probe) -> set[str]:
    return {remark.code for remark in found.remarks}


@pytest.mark.parametrize("token", makes(*LOADED_HERE), indirect=True)
def test_every_key_is_tried_and_every_signature_checked(token: RealToken, room: KeyRoom) -> None:
    found = probed(token, room)
    assert found.errors == ()
    assert found.pin_used
    by_label = {key.label: key for key in found.keys}
    assert set(by_label) == {label for label, _, _ in token.keys.values()}
    for kind in KINDS[token.make]:
        label, key_id, _ = token.keys[kind]
        key = by_label[label]
        assert key.id == key_id.hex()
        assert key.trials
        assert all(trial.works for trial in key.trials)
        assert key.signs_by is not None
        assert (key.signs_by.scheme, key.signs_by.digest) == SIGNS_BY[kind]


@pytest.mark.parametrize("token", makes(*LOADED_HERE), indirect=True)
def test_what_the_probe_names_is_what_the_key_signs_by(token: RealToken, room: KeyRoom) -> None:
    by_label = {key.label: key.signs_by for key in probed(token, room).keys}
    for kind in KINDS[token.make]:
        assert by_label[token.keys[kind][0]] == token.open(kind).algorithm


@pytest.mark.parametrize("token", makes("softhsm", "p11-kit"), indirect=True)
def test_missing_certificates_are_told_of(token: RealToken, room: KeyRoom) -> None:
    assert "key_without_certificate" in remarks(probed(token, room))


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_a_card_s_certificates_are_shown_with_their_days(token: RealToken, room: KeyRoom) -> None:
    found = probed(token, room)
    assert {key.certificate.days_left for key in found.keys if key.certificate} == {365}
    signing = next(key for key in found.keys if key.label == token.keys["asks"][0])
    assert signing.asks_each_time
    assert signing.certificate is not None
    assert signing.certificate.key_usage == ("digital_signature", "content_commitment")
    assert remarks(found) == {"key_asks_each_time"}


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_expired_certificates_matter_for_the_key_that_was_asked_for(
    token: RealToken, room: KeyRoom
) -> None:
    late = NOW + timedelta(days=400)
    label, key_id, _ = token.keys["rsa"]
    one = probe(target(token, KeyName(label, key_id)), token.pin, room, late)
    assert [remark.code for remark in one.errors] == ["certificate_expired"]
    every = probed(token, room, late)
    assert "certificate_expired" in remarks(every)
    assert every.errors == ()


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
@pytest.mark.parametrize(
    ("tries", "state", "code"),
    [(1, PinState.FINAL_TRY, "pin_final_try"), (0, PinState.LOCKED, "pin_locked")],
)
def test_a_card_before_its_last_try_is_looked_at_without_its_pin(
    token: RealToken, cards: PivStation, room: KeyRoom, tries: int, state: PinState, code: str
) -> None:
    token.forget()
    cards.leave_tries(tries)
    before = cards.pins_sent()
    found = probed(token, room)
    assert (found.pin_state, found.pin_used) == (state, False)
    assert [remark.code for remark in found.errors] == [code]
    assert cards.pins_sent() == before


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_a_person_s_deliberate_pin_gives_the_tries_back(
    token: RealToken, cards: PivStation, room: KeyRoom
) -> None:
    token.forget()
    cards.leave_tries(1)
    pin = DeliberatePin(token.label, lambda _: token.pin())
    found = probe(target(token, use_final_try=True), pin, room, NOW)
    assert found.pin_state is PinState.FINAL_TRY
    assert found.errors == ()
    token.forget()
    assert token.open("rsa").sign(b"data")


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_a_wrong_pin_is_sent_once_and_what_is_left_is_told(
    token: RealToken, cards: PivStation, room: KeyRoom
) -> None:
    token.forget()
    cards.leave_tries(2)
    before = cards.pins_sent()
    right = token.pin_file.read_text().strip()
    wrong = f"{(int(right) + 5) % 10**6:06}"
    found = probe(target(token), lambda: wrong, room, NOW)
    assert [remark.code for remark in found.errors] == ["pin_incorrect", "pin_final_try"]
    assert (found.pin_used, found.keys) == (True, ())
    assert cards.pins_sent() == before + 1
    assert wrong not in json.dumps(found.as_json())


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_the_token_is_found_alone_or_by_its_serial(token: RealToken, cards: PivStation) -> None:
    with pytest.raises(KeyDeviceError) as caught:
        find_token(ProbeTarget(token.module))
    assert caught.value.code == "token_not_found"
    assert find_token(ProbeTarget(token.module, None, token.serial)).serial == token.serial
    cards.pull(1)
    assert find_token(ProbeTarget(token.module)).serial == token.serial


def command(token: RealToken, *more: str, lang: str = "en") -> tuple[int, str, str]:
    """Run ``antin credential probe``; return exit code, answer and complaint."""
    words = ["credential", "probe", "--module", str(token.module), "--serial", token.serial]
    without = {"ANTIN_DATA_DIR", "ANTIN_DEBUG"}
    environment = {name: value for name, value in os.environ.items() if name not in without}
    done = subprocess.run(
        [sys.executable, "-m", "antin.cli", *words, *more],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"ANTIN_LANGUAGE": lang},
    )
    return done.returncode, done.stdout, done.stderr


def with_pin(token: RealToken) -> tuple[str, str]:
    return "--pin-file", str(token.pin_file)


@pytest.mark.parametrize("token", makes(), indirect=True)
def test_the_command_says_that_the_token_can_be_signed_with(token: RealToken) -> None:
    code, text, complaint = command(token, *with_pin(token), "--lang", "vi")
    assert (code, complaint) == (0, "")
    assert max(map(len, text.splitlines())) <= 80
    assert text.splitlines()[-1] == "Ký được bằng thiết bị lưu khóa này."


@pytest.mark.parametrize("token", makes("softhsm", "piv"), indirect=True)
def test_the_command_s_json_is_the_probe(token: RealToken) -> None:
    label, _, _ = token.keys["rsa"]
    code, text, _ = command(token, *with_pin(token), "--key-label", label, "--format", "json")
    found = json.loads(text)
    assert (code, found["schema"], found["usable"]) == (0, "antin-probe/1", True)
    assert found["token"]["serial"] == token.serial
    assert [key["label"] for key in found["keys"] if key["chosen"]] == [label]


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_the_command_ends_with_the_first_error_s_code(token: RealToken, cards: PivStation) -> None:
    token.forget()
    cards.leave_tries(1)
    code, text, complaint = command(token, *with_pin(token))
    assert code == 1
    assert complaint.startswith("antin: pin_final_try: ")
    assert "pin_final_try" in text
    assert command(token, *with_pin(token), "--use-final-try")[0] == 0


@pytest.mark.parametrize("token", makes("softhsm"), indirect=True)
def test_the_command_refuses_what_cannot_be(token: RealToken) -> None:
    assert command(token)[0] == 1  # nobody to ask for the PIN
    assert "pin_missing" in command(token)[2]
    missing = command(token, *with_pin(token), "--key-label", "nobody's")
    assert (missing[0], "token_without_usable_key" in missing[2]) == (1, True)
    assert command(token, "--key-id", "xyz")[0] == 2
    assert command(token, "officer-1")[0] == 2


@pytest.mark.parametrize("token", makes("opencryptoki"), indirect=True)
def test_a_soft_token_s_raw_mechanisms_are_tried(token: RealToken) -> None:
    code, text, _ = command(token, *with_pin(token), "--format", "json")
    (key,) = json.loads(text)["keys"]
    raw = {(t["scheme"], t["works"]) for t in key["trials"] if t["mechanism"] == "CKM_RSA_PKCS"}
    assert (code, raw) == (0, {("rsassa_pkcs1v15", True)})
    assert key["signs_by"]["scheme"] == token.open("rsa").algorithm.scheme


@pytest.mark.parametrize("make", makes("opencryptoki"))
@pytest.mark.parametrize(
    ("count", "state", "told", "code"),
    [
        (1, "low", "pin_tries_low", 0),
        (2, "final_try", "pin_final_try", 1),
        (3, "locked", "pin_locked", 1),
    ],
)
def test_a_soft_token_s_warnings_are_passed_on(
    fresh_daemon: OpenCryptoki,
    soft_room: KeyRoom,
    count: int,
    state: str,
    told: str,
    code: int,
    make: str,
) -> None:
    spend(fresh_daemon, count)
    token = on_opencryptoki(fresh_daemon, soft_room)
    ended, text, _ = command(token, *with_pin(token), "--format", "json")
    found = json.loads(text)
    assert (ended, found["pin"]["state"], found["usable"]) == (code, state, code == 0)
    assert told in {remark["code"] for remark in found["remarks"]}
