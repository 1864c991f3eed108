"""What a key may be used for, and how often."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from antin.core.errors import KeyDeviceError, RefusedError
from antin.hsm.guard import Guard, GuardedKey, Purpose, Rule
from antin.hsm.insecure_software import InsecureSoftwareKey


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("rule", "purpose", "agency", "allowed"),
    [
        (Rule("officer"), "sign", None, True),
        (Rule("officer"), "seal", "A", False),
        (Rule("officer"), "checkpoint", None, True),
        (Rule("seal", agency="A"), "seal", "A", True),
        (Rule("seal", agency="A"), "seal", "B", False),
        (Rule("seal", agency="A"), "sign", None, False),
        (Rule("seal", agency="A"), "checkpoint", None, False),
        (Rule("ledger", checkpoints=True), "checkpoint", None, True),
        (Rule("ledger", checkpoints=True), "sign", None, False),
        (Rule("ledger", checkpoints=True), "seal", None, False),
    ],
    ids=str,
)
def test_a_key_is_for_one_use(
    rule: Rule,
    purpose: Purpose,
    agency: str | None,
    allowed: bool,  # noqa: FBT001 — a case
) -> None:
    if allowed:
        rule.require(purpose, agency)
        return
    with pytest.raises(RefusedError) as caught:
        rule.require(purpose, agency)
    assert caught.value.code == "key_use_refused"


def guarded(per_minute: int) -> tuple[GuardedKey, Guard, Clock]:
    clock = Clock()
    guard = Guard(Rule("seal", per_minute=per_minute), clock)
    return (
        GuardedKey(InsecureSoftwareKey(ec.generate_private_key(ec.SECP256R1())), guard),
        guard,
        clock,
    )


def test_a_key_signs_so_often_a_minute_and_no_more() -> None:
    key, guard, clock = guarded(3)
    for _ in range(3):
        assert key.sign(b"data")
        clock.now += 10
    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            key.sign(b"data")
        assert caught.value.code == "key_rate_exceeded"
    clock.now += 30  # the first of the three is a minute ago
    assert key.sign(b"data")
    with pytest.raises(RefusedError):
        key.sign(b"data")
    assert (guard.uses.signed, guard.uses.failed, guard.uses.refused) == (4, 0, 3)


def test_a_try_that_failed_counts() -> None:
    _, guard, _ = guarded(1)

    def fail(_data: bytes) -> bytes:
        raise KeyDeviceError("session_lost", token="desk")

    with pytest.raises(KeyDeviceError):
        guard.use(fail, b"data")
    with pytest.raises(RefusedError):
        guard.use(fail, b"data")
    assert (guard.uses.signed, guard.uses.failed, guard.uses.refused) == (0, 1, 1)


def test_a_guarded_key_is_the_key_itself_otherwise() -> None:
    key, _, _ = guarded(1)
    assert key.algorithm == key._key.algorithm
    assert key.public_key == key._key.public_key
    assert key.certificate is None
