"""What a probe remarks on: PIN states, certificates, keys; and how it is shown."""

from datetime import datetime, timedelta

import pytest

from antin.cli.probe_text import to_text
from antin.hsm import probe_rules
from antin.hsm.probe_result import (
    PinState,
    Probe,
    ProbedKey,
    Remark,
    RemarkSeverity,
    Trial,
    pin_state,
)
from antin.hsm.slots import TokenInfo
from antin.infra.messages import translator
from antin.pki.algorithms import SignatureAlgorithm
from antin.pki.certificates import Certificate, load_certificate
from tests.trustworld import TrustWorld

ERROR, WARNING, INFO = RemarkSeverity.ERROR, RemarkSeverity.WARNING, RemarkSeverity.INFO
PSS = SignatureAlgorithm("rsassa_pss")
FAILED = Remark("token_failed", WARNING, (("token", "desk"), ("detail", "CKR_GENERAL_ERROR")))


def token(**flags: bool) -> TokenInfo:
    return TokenInfo("desk", "0042", "Nhà sản xuất", "Mẫu", **{"pin_locked": False, **flags})


def codes(remarks: tuple[Remark, ...]) -> list[tuple[str, RemarkSeverity]]:
    return [(remark.code, remark.severity) for remark in remarks]


def key(*trials: Trial, signs_by: SignatureAlgorithm | None = PSS, **more: object) -> ProbedKey:
    values: dict[str, object] = {
        "label": "sign",
        "id": "01",
        "kind": "rsa-2048",
        "asks_each_time": False,
        "certificate": None,
        "chosen": True,
        "trials": trials,
        "signs_by": signs_by,
    }
    return ProbedKey(**{**values, **more})  # type: ignore[arg-type]  # any field may change


@pytest.mark.parametrize(
    ("flags", "state", "told"),
    [
        ({}, PinState.OK, []),
        ({"pin_low": True}, PinState.LOW, [("pin_tries_low", WARNING)]),
        ({"pin_low": True, "pin_final_try": True}, PinState.FINAL_TRY, [("pin_final_try", ERROR)]),
        ({"pin_final_try": True, "pin_locked": True}, PinState.LOCKED, [("pin_locked", ERROR)]),
        ({"pin_to_be_changed": True}, PinState.OK, [("pin_to_be_changed", WARNING)]),
    ],
)
def test_the_worst_flag_says_how_the_pin_stands(
    flags: dict[str, bool], state: PinState, told: list[tuple[str, RemarkSeverity]]
) -> None:
    found = token(**flags)
    assert pin_state(found) is state
    assert codes(probe_rules.pin_remarks(found, state, use_final_try=False)) == told


def test_a_last_try_may_be_used_on_purpose_and_a_locked_pin_may_not() -> None:
    last, locked = token(pin_final_try=True), token(pin_locked=True)
    assert probe_rules.pin_remarks(last, PinState.FINAL_TRY, use_final_try=True) == ()
    told = probe_rules.pin_remarks(locked, PinState.LOCKED, use_final_try=True)
    assert codes(told) == [("pin_locked", ERROR)]


def certificate_codes(world: TrustWorld, der: bytes, now: datetime) -> list[str]:
    told = probe_rules.certificate_remarks(load_certificate(der), now, ERROR)
    return [remark.code for remark in told]


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("soft-officer-a", []),
        ("expired", ["certificate_expired"]),
        ("not-yet-valid", ["certificate_not_yet_valid"]),
        ("wrong-usage", ["certificate_purpose"]),
    ],
)
def test_certificates_are_judged_now(trust_world: TrustWorld, label: str, told: list[str]) -> None:
    der = trust_world.certificate(label)
    assert certificate_codes(trust_world, der, trust_world.made_at) == told


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(days=probe_rules.SOON_DAYS), []),
        (timedelta(days=probe_rules.SOON_DAYS, seconds=-1), ["certificate_expires_soon"]),
        (timedelta(seconds=1), ["certificate_expires_soon"]),
        (timedelta(0), ["certificate_expired"]),
    ],
)
def test_a_certificate_that_ends_soon_is_told_of(
    trust_world: TrustWorld, left: timedelta, told: list[str]
) -> None:
    der = trust_world.certificate("soft-officer-a")
    assert certificate_codes(trust_world, der, load_certificate(der).not_after - left) == told


def test_a_weak_key_is_not_to_sign(trust_world: TrustWorld) -> None:
    weak = trust_world.issue(kind="rsa1024")
    assert weak.certificate is not None
    told = certificate_codes(trust_world, weak.certificate, trust_world.made_at)
    assert told == ["algorithm_forbidden"]


def told_of(found: ProbedKey, certificate: Certificate | None, now: datetime) -> list[str]:
    told = probe_rules.key_remarks(found, certificate, "desk", now, ERROR)
    return [f"{remark.severity.value} {remark.code}" for remark in told]


def test_keys_are_judged_by_what_lies_beside_them_and_what_they_signed(
    trust_world: TrustWorld,
) -> None:
    now, good = trust_world.made_at, load_certificate(trust_world.certificate("soft-officer-a"))
    works, fails = Trial("CKM_RSA_PKCS_PSS", PSS, None), Trial("CKM_RSA_PKCS", PSS, FAILED)
    assert told_of(key(works), good, now) == []
    assert told_of(key(works), None, now) == ["warning key_without_certificate"]
    assert told_of(key(kind=None), good, now) == ["error key_without_public_key"]
    assert told_of(key(works, asks_each_time=True), good, now) == ["info key_asks_each_time"]
    assert told_of(key(works, fails), good, now) == ["warning mechanism_unsound"]
    assert told_of(key(fails, signs_by=None), good, now) == [
        "warning mechanism_unsound",
        "error mechanism_missing",
    ]


def test_a_token_needs_one_key_that_signs() -> None:
    works = Trial("CKM_RSA_PKCS_PSS", PSS, None)
    idle = key(signs_by=None)
    unasked = key(works, chosen=False)
    assert probe_rules.whole_remarks((idle, key(works))) == ()
    assert codes(probe_rules.whole_remarks(())) == [("token_without_keys", ERROR)]
    assert codes(probe_rules.whole_remarks((idle,))) == [("token_without_usable_key", ERROR)]
    assert codes(probe_rules.whole_remarks((unasked,))) == [("token_without_usable_key", ERROR)]


def whole(trust_world: TrustWorld) -> Probe:
    certificate = load_certificate(trust_world.certificate("soft-officer-a"))
    raw = [
        Trial("CKM_RSA_PKCS", SignatureAlgorithm("rsassa_pkcs1v15", "sha256"), None),
        Trial("CKM_RSA_PKCS", SignatureAlgorithm("rsassa_pkcs1v15", "sha512"), FAILED),
        Trial("CKM_SHA256_RSA_PKCS_PSS", PSS, None),
    ]
    shown = probe_rules.probed_certificate(certificate, trust_world.made_at)
    keys = (key(*raw, certificate=shown), key(chosen=False), key(kind=None, signs_by=None))
    told = probe_rules.key_remarks(keys[0], certificate, "desk", trust_world.made_at, ERROR)
    steering = Remark("key_asks_each_time", INFO, (("key", "\x1b[2Jkhóa"),))
    mechanisms = tuple(sorted({f"CKM_SHA{size}_RSA_PKCS_PSS" for size in (256, 384, 512)}))
    remarks = (*told, steering, *probe_rules.whole_remarks(()))
    return Probe("/usr/lib/m.so", token(), PinState.OK, True, mechanisms, keys, remarks)  # noqa: FBT003 — a fact


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_text_fits_a_terminal_and_cannot_steer_it(trust_world: TrustWorld, lang: str) -> None:
    text = to_text(whole(trust_world), translator(lang))
    assert max(map(len, text.splitlines())) <= 80
    assert all(line.isprintable() for line in text.splitlines())
    assert "RSA_PKCS/sha256" in text
    assert "RSA_PKCS/sha512" in text
    assert "SHA256_RSA_PKCS_PSS/" not in text


def test_json_names_all_that_was_found(trust_world: TrustWorld) -> None:
    found = whole(trust_world).as_json()
    assert found["schema"] == "antin-probe/1"
    assert found["usable"] is False
    assert list(found) == [
        "schema",
        "module",
        "token",
        "pin",
        "mechanisms",
        "keys",
        "remarks",
        "usable",
    ]
    assert found["pin"] == {"state": "ok", "to_be_changed": False, "used": True}
