"""The virtual card by itself: what it answers, what it counts, what it remembers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from devpki.piv import keys, tlv
from devpki.piv.card import Card
from devpki.piv.memory import CardMemory

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PIN = "271828"
DIGEST = hashes.Hash(hashes.SHA256())
DIGEST.update(b"data")
HASHED = DIGEST.finalize()
KINDS = {
    keys.AUTHENTICATION: "p256",
    keys.SIGNATURE: "p256",
    keys.MANAGEMENT: "p384",
    keys.CARD: "p256",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    CardMemory.create(folder, PIN)
    for reference, kind in KINDS.items():
        keys.create_key(folder, reference, kind, "Nguyễn Văn A", NOW)
    return folder


@pytest.fixture
def card(folder: Path) -> Card:
    CardMemory.create(folder, PIN)
    return powered(folder)


def powered(folder: Path) -> Card:
    return Card(keys.load_keys(folder), CardMemory(folder))


def command(instruction: int, p1: int, p2: int, data: bytes = b"") -> bytes:
    length = b"\0" + len(data).to_bytes(2)
    return bytes([0, instruction, p1, p2]) + (length + data if data else b"") + b"\0\0"


def verify(card: Card, pin: str) -> str:
    raw = bytes([0, 0x20, 0, 0x80, 8]) + pin.encode().ljust(8, b"\xff")
    return card.respond(raw).hex().upper()


def use(card: Card, reference: int, algorithm: int = 0x11, data: bytes = HASHED) -> bytes:
    template = tlv.encode(0x7C, tlv.encode(0x82, b"") + tlv.encode(0x81, data))
    return card.respond(command(0x87, algorithm, reference, template))


def status(answer: bytes) -> str:
    return answer[-2:].hex().upper()


def test_wrong_pins_lock_and_pulling_the_card_resets_nothing(card: Card, folder: Path) -> None:
    assert verify(card, "000000") == "63C2"
    assert verify(powered(folder), "000000") == "63C1"
    assert verify(powered(folder), "000000") == "6983"
    assert verify(powered(folder), PIN) == "6983"
    assert CardMemory(folder).state.sent == 4


def test_the_right_pin_gives_all_tries_back(card: Card, folder: Path) -> None:
    assert verify(card, "000000") == "63C2"
    assert verify(card, PIN) == "9000"
    assert card.respond(bytes.fromhex("00200080")).hex() == "9000"
    assert CardMemory(folder).state.tries == 3


def test_asking_for_the_tries_presents_no_pin(card: Card, folder: Path) -> None:
    assert status(card.respond(bytes.fromhex("00200080"))) == "63C3"
    assert CardMemory(folder).state.sent == 0


def test_keys_want_the_pin_as_their_kind_does(card: Card) -> None:
    assert status(use(card, keys.CARD)) == "9000"
    assert status(use(card, keys.AUTHENTICATION)) == "6982"
    assert verify(card, PIN) == "9000"
    assert status(use(card, keys.SIGNATURE)) == "9000"
    assert status(use(card, keys.SIGNATURE)) == "6982"
    assert status(use(card, keys.AUTHENTICATION)) == "9000"


def test_a_command_in_between_ends_the_signature_key_s_leave(card: Card) -> None:
    assert verify(card, PIN) == "9000"
    card.respond(command(0xCB, 0x3F, 0xFF, bytes.fromhex("5C035FC105")))
    assert status(use(card, keys.SIGNATURE)) == "6982"


def test_signature_fits_the_certificate_on_the_card(card: Card) -> None:
    wrapped = card.respond(command(0xCB, 0x3F, 0xFF, bytes.fromhex("5C035FC101")))
    der = tlv.decode(tlv.decode(wrapped[:-2])[0x53])[0x70]
    public = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    answer = use(card, keys.CARD)
    value = tlv.decode(tlv.decode(answer[:-2])[0x7C])[0x82]
    public.verify(value, b"data", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("algorithm", "data"), [(0x14, HASHED), (0x07, HASHED), (0x11, b"short"), (0x11, b"")]
)
def test_what_a_key_cannot_sign_is_wrong_data(card: Card, algorithm: int, data: bytes) -> None:
    assert status(use(card, keys.CARD, algorithm, data)) == "6A80"


def test_long_answers_come_in_parts(card: Card) -> None:
    short = bytes.fromhex("00CB3FFF055C035FC10100")
    first = card.respond(short)
    assert len(first) == 258
    whole, rest = first[:-2], first
    while rest[-2] == 0x61:
        rest = card.respond(bytes.fromhex("00C0000000"))
        whole += rest[:-2]
    assert set(tlv.decode(whole)) == {0x53}


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_nothing_a_reader_sends_breaks_the_card(folder: Path, messages: list[bytes]) -> None:
    card = powered(folder)
    for message in messages:
        assert len(card.respond(message)) >= 2


def test_keys_and_pin_are_not_shown(folder: Path) -> None:
    assert PIN not in repr(CardMemory(folder).state)
    assert "rivate" not in repr(keys.load_keys(folder)[keys.CARD])
