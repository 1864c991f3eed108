"""Trying keys on a device that lies: nothing counts that was not checked."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from antin.core.errors import KeyDeviceError
from antin.hsm import cryptoki_values as ck
from antin.hsm.device import TokenFacts
from antin.hsm.mechanism_calls import MechanismCall
from antin.hsm.objects import KeyFacts, KeyName
from antin.hsm.pins import PinProvider
from antin.hsm.probe_keys import TEST_VALUE, Bench
from antin.hsm.probe_result import ProbedKey
from antin.pki.algorithms import Scheme
from tests.trustworld import TrustWorld

PRIVATE = rsa.generate_private_key(65537, 2048)
NUMBERS = PRIVATE.public_key().public_numbers()
FACTS = KeyFacts(
    "sign",
    b"\x01",
    ck.CKK_RSA,
    (NUMBERS.n.to_bytes(256), NUMBERS.e.to_bytes(3)),
    (),
    asks_again=False,
)
HASHING = frozenset({ck.CKM_SHA256_RSA_PKCS, ck.CKM_SHA384_RSA_PKCS, ck.CKM_SHA512_RSA_PKCS})
ANY = KeyName()
NOW = datetime(2026, 1, 5, tzinfo=UTC)
DIGESTS = {
    ck.CKM_SHA256_RSA_PKCS: hashes.SHA256(),
    ck.CKM_SHA384_RSA_PKCS: hashes.SHA384(),
    ck.CKM_SHA512_RSA_PKCS: hashes.SHA512(),
}


def honest(call: MechanismCall, payload: bytes) -> bytes:
    return PRIVATE.sign(payload, padding.PKCS1v15(), DIGESTS[call.number])


class Device:
    """Signs as it is told to."""

    def __init__(self, answer: Callable[[MechanismCall, bytes], bytes]) -> None:
        self._answer = answer
        self.calls: list[int] = []

    def facts(self, pin: PinProvider, name: KeyName = ANY) -> TokenFacts:
        raise NotImplementedError

    def sign(
        self,
        name: KeyName,
        call: MechanismCall,
        payload: bytes,
        pin: PinProvider,
        *,
        fresh: bool = False,
    ) -> bytes:
        self.calls.append(call.number)
        return self._answer(call, payload)

    def close(self) -> None:
        raise NotImplementedError


def bench(device: Device, wanted: KeyName = ANY, scheme: Scheme | None = None) -> Bench:
    return Bench(device, "desk", lambda: "1234", HASHING, wanted, scheme, NOW)


def tried(answer: Callable[[MechanismCall, bytes], bytes]) -> tuple[ProbedKey, list[str], Device]:
    device = Device(answer)
    table = bench(device)
    found = table.key(FACTS)
    return found, [remark.code for remark in table.remarks], device


def test_an_honest_device_works_and_the_default_is_named() -> None:
    found, told, device = tried(honest)
    assert [trial.works for trial in found.trials] == [True] * 3
    assert found.signs_by is not None
    assert (found.signs_by.scheme, found.signs_by.digest) == ("rsassa_pkcs1v15", "sha256")
    assert told == ["key_without_certificate"]
    assert sorted(device.calls) == sorted(HASHING)


@pytest.mark.parametrize(
    "lie",
    [
        lambda _call, _payload: b"",
        lambda _call, _payload: bytes(256),
        lambda _call, _payload: b"\x5a" * 256,
        lambda call, payload: honest(call, payload + b"!"),
        lambda _call, payload: honest(MechanismCall(ck.CKM_SHA256_RSA_PKCS), payload)[:-1],
    ],
)
def test_what_does_not_fit_the_public_key_is_no_signature(
    lie: Callable[[MechanismCall, bytes], bytes],
) -> None:
    found, told, _ = tried(lie)
    assert not any(trial.works for trial in found.trials)
    assert found.signs_by is None
    assert told == ["key_without_certificate", *["mechanism_unsound"] * 3, "mechanism_missing"]


def test_a_signature_by_another_digest_does_not_count_for_this_one() -> None:
    found, told, _ = tried(lambda _, data: honest(MechanismCall(ck.CKM_SHA512_RSA_PKCS), data))
    assert [trial.works for trial in found.trials] == [False, False, True]
    # The digest that Antin signs by does not work: another one that does is no comfort.
    assert found.signs_by is None
    assert "mechanism_missing" in told


@pytest.mark.parametrize("code", ["pin_incorrect", "pin_locked", "token_timeout", "session_lost"])
def test_after_what_would_only_do_harm_nothing_more_is_tried(code: str) -> None:
    def fail(call: MechanismCall, payload: bytes) -> bytes:
        raise KeyDeviceError(code, token="desk")

    device = Device(fail)
    table = bench(device)
    table.key(FACTS)
    table.key(dataclasses.replace(FACTS, label="other"))
    assert len(device.calls) == 1
    assert code in [remark.code for remark in table.remarks]


def test_a_mechanism_that_fails_leaves_the_others() -> None:
    def fail(call: MechanismCall, payload: bytes) -> bytes:
        if call.number == ck.CKM_SHA384_RSA_PKCS:
            raise KeyDeviceError("token_failed", token="desk", detail="CKR_MECHANISM_INVALID")
        return honest(call, payload)

    found, told, _ = tried(fail)
    assert [trial.works for trial in found.trials] == [True, False, True]
    assert told == ["key_without_certificate", "mechanism_unsound"]


def test_only_the_key_that_was_asked_for_is_tried() -> None:
    device = Device(honest)
    table = bench(device, KeyName("other"))
    assert not table.key(FACTS).chosen
    assert (device.calls, table.remarks) == ([], [])


def test_a_foreign_certificate_is_named_and_not_taken(trust_world: TrustWorld) -> None:
    table = bench(Device(honest))
    foreign = (trust_world.certificate("soft-officer-b"), b"no certificate")
    found = table.key(dataclasses.replace(FACTS, certificates=foreign))
    assert found.certificate is None
    assert [trial.works for trial in found.trials] == [True] * 3
    assert [remark.code for remark in table.remarks] == [
        "certificate_malformed",
        "certificate_of_another_key",
        "key_without_certificate",
    ]


def test_a_key_that_nothing_is_known_of_is_not_tried() -> None:
    device = Device(honest)
    table = bench(device)
    found = table.key(dataclasses.replace(FACTS, kind=-1, public=()))
    assert (found.kind, device.calls) == (None, [])
    assert "key_without_public_key" in [remark.code for remark in table.remarks]


def test_the_test_value_cannot_be_taken_for_a_document() -> None:
    assert b"%PDF" not in TEST_VALUE
    assert not TEST_VALUE.startswith(b"\x30")
    assert len(TEST_VALUE) not in {digest.digest_size for digest in DIGESTS.values()}
