"""Keys by name: found or refused, opened late, PINs only from where they are said to be."""

import json
import threading
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.hsm.gate import TokenAlarm
from antin.hsm.key_processes import KeyProcesses
from antin.infra.keys import CheckpointKey, Keys, _alarm, default_module, staffing_of
from antin.infra.logs import configure_logs
from antin.infra.settings import Credential, PinSource, Settings, parse_settings
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


def test_a_token_that_does_not_answer_holds_up_no_key_on_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXT + '[[credentials]]\nname = "other"\ntoken_label = "there"\n'
    keys = Keys(parse_settings(tmp_path, text.encode()))
    opening, answers, found = threading.Event(), threading.Event(), list[object]()

    def opened(_: Keys, credential: Credential) -> object:
        if credential.name == "seal":
            opening.set()
            answers.wait(20)
        return object()

    monkeypatch.setattr(Keys, "_open", opened)
    stuck = threading.Thread(target=keys.for_agency, args=("UBND-MAU",))
    other = threading.Thread(target=lambda: found.append(keys.named("other")))
    stuck.start()
    assert opening.wait(20)
    other.start()
    other.join(5)
    answers.set()
    assert found, "while the first one waits for its token"
    other.join()
    stuck.join()


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


def on_tokens(world: TrustWorld, folder: Path, extra: str = "", **pins: str) -> Keys:
    """The agency's seal on its token, then on another one that is not there."""
    tokens = world.token_world
    assert tokens is not None
    pin_file = pins.get("pin_file", str(tokens.token("agency").pin_file))
    text = f"""
[softhsm]
tokens = "{tokens.token_folder}/tokens"
[ledger]
origin = "mau.example/ledger"
credential = "checkpoint"
[[credentials]]
name = "checkpoint"
token_label = "agency"
key_label = "checkpoint"
pin = {{ file = "{pin_file}" }}
[[credentials]]
name = "seal"
token_label = "agency"
key_label = "seal"
agency = "UBND-MAU"
pin = {{ file = "{pin_file}" }}
{extra}
"""
    return Keys(parse_settings(folder, text.encode()), service="service" in pins)


@pytest.mark.real("softhsm")
def test_a_seal_and_the_ledgers_key_are_for_nothing_else(
    trust_world: TrustWorld, tmp_path: Path
) -> None:
    keys = on_tokens(trust_world, tmp_path)
    assert _code(keys.named, "seal") == "key_use_refused"
    assert _code(keys.named, "checkpoint") == "key_use_refused"
    assert keys.for_agency("UBND-MAU").sign(b"letter")
    uses = {use.credential: use for use in keys.uses}
    assert (uses["seal"].signed, uses["seal"].refused) == (1, 1)
    assert (uses["checkpoint"].signed, uses["checkpoint"].refused) == (0, 1)


@pytest.mark.real("softhsm")
def test_a_seal_gives_so_many_signatures_a_minute(trust_world: TrustWorld, tmp_path: Path) -> None:
    seal = on_tokens(trust_world, tmp_path, "per_minute = 2").for_agency("UBND-MAU")
    assert seal.sign(b"one")
    assert seal.sign(b"two")
    assert _code(seal.sign, b"three") == "key_rate_exceeded"


@pytest.mark.real("softhsm")
def test_a_key_is_used_on_its_second_token_while_the_first_is_away(
    trust_world: TrustWorld, tmp_path: Path
) -> None:
    extra = '[[credentials.standby]]\ntoken_label = "agency"'
    settings = on_tokens(trust_world, tmp_path, extra)._settings
    seal = settings.credential("seal")
    assert seal is not None
    moved = seal.model_copy(update={"token_label": "away"})
    keys = Keys(settings.model_copy(update={"credentials": (moved,)}))
    assert keys.for_agency("UBND-MAU").sign(b"letter")
    alone = moved.model_copy(update={"standby": ()})
    keys = Keys(settings.model_copy(update={"credentials": (alone,)}))
    assert _code(keys.for_agency, "UBND-MAU") == "token_not_found"


@pytest.mark.real("softhsm")
def test_a_service_uses_keys_in_processes_of_their_own(
    trust_world: TrustWorld, tmp_path: Path
) -> None:
    keys = on_tokens(trust_world, tmp_path, service="yes")
    assert keys.for_agency("UBND-MAU").sign(b"letter")
    assert keys._room is not None
    (device,) = keys._room._devices.values()
    assert isinstance(device, KeyProcesses)
    running = list(device.pids)
    keys.close()
    assert (len(running), list(device.pids)) == (1, [])
    assert keys.for_agency("UBND-MAU").sign(b"again")
    keys.close()


def test_a_pin_that_is_asked_for_is_used_where_it_is_asked(settings: Settings) -> None:
    asked, processes = settings.credentials[0], PinSource(env="PIN")
    assert staffing_of(asked, service=True).processes == 0
    by_file = asked.model_copy(update={"pin": processes})
    assert staffing_of(by_file, service=True).processes == 1
    assert staffing_of(by_file, service=False).processes == 0
    four = by_file.model_copy(update={"processes": 4})
    assert staffing_of(four, service=False).processes == 4


def test_an_alarm_is_an_event_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    _alarm(TokenAlarm("hsm", "42", "pin_locked"))
    event = json.loads(capsys.readouterr().err)
    assert (event["event"], event["token"], event["code"]) == ("token_alarm", "hsm", "pin_locked")


@pytest.mark.real("softhsm")
def test_a_wrong_pin_file_is_tried_once_by_all_commands(
    trust_world: TrustWorld, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pin"
    wrong.touch(mode=0o600)
    wrong.write_text("00000000x")
    for _ in range(2):
        # Another process of the same installation: nothing is remembered but by the folder.
        keys = on_tokens(trust_world, tmp_path, pin_file=str(wrong), service="yes")
        assert _code(keys.for_agency, "UBND-MAU") == "pin_incorrect"
        keys.close()
    assert len(list((tmp_path / "refused-pins").iterdir())) == 1
    assert "00000000x" not in "".join(p.read_text() for p in (tmp_path / "refused-pins").iterdir())
