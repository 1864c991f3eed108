"""Real tokens of every make for tests, each behind the same few facts.

A test that needs one asks for its fixture and carries the mark of its part (``REAL``). Stations and
servers belong to the test process and have folders of their own, so that several processes don't
meet; opencryptoki, of which there is one a machine, is started for a module's tests and locked.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from antin.hsm import softhsm
from antin.hsm.gate import PinGate
from antin.hsm.module import module_at
from antin.hsm.pins import PinProvider, pin_from_file
from antin.hsm.pkcs11 import HERE, KeyReference, KeyRoom, Pkcs11Key, open_key
from antin.hsm.room import Staffing
from antin.pki.algorithms import Scheme
from devpki import network_hsm, opencryptoki
from devpki.network_hsm import NetworkHsm
from devpki.opencryptoki import OpenCryptoki
from devpki.piv import keys as piv
from devpki.piv import station
from devpki.piv.station import CardSpec, PivCard, PivStation
from devpki.tokens import KeySpec, Token, TokenSpec, create_tokens, spend_tries

NOW: Final = datetime.now(UTC).replace(microsecond=0)
HOLDER: Final = "Nguyễn Văn A"
SOFTHSM_KEYS: Final = (
    KeySpec("rsa", "rsa2048", b"\x01"),
    KeySpec("p256", "p256", b"\x02"),
    KeySpec("p384", "p384", b"\x03"),
    KeySpec("p521", "p521", b"\x04"),
    KeySpec("asks", "p256", b"\x05", always_authenticate=True),
)
PIV_KEYS: Final = {"rsa": piv.AUTHENTICATION, "p256": piv.MANAGEMENT, "p384": piv.CARD}
_PIV_ID: Final = {
    piv.AUTHENTICATION: b"\x01",
    piv.SIGNATURE: b"\x02",
    piv.MANAGEMENT: b"\x03",
    piv.CARD: b"\x04",
}


def real(part: str) -> list[pytest.MarkDecorator]:
    """Return the marks of a test that needs ``part``."""
    marks = [pytest.mark.real(part)]
    if part == "p11-kit":
        marks.append(pytest.mark.real("softhsm"))
    return marks


@dataclass(frozen=True)
class RealToken:
    """A token as tests see it; ``keys`` are label, id and DER public key by kind."""

    make: str
    module: Path
    label: str
    serial: str
    pin_file: Path
    keys: Mapping[str, tuple[str, bytes, bytes]]
    room: KeyRoom = HERE

    def forget(self) -> None:
        """Have the next use log in anew, to a module that was loaded anew."""
        if self.room is HERE:
            forget(self.module)
        self.room.close()

    @property
    def pin(self) -> PinProvider:
        return pin_from_file(self.label, self.pin_file)

    def reference(
        self, kind: str | None, scheme: Scheme | None = None, **more: Any
    ) -> KeyReference:
        label = self.keys[kind][0] if kind else None
        whole = KeyReference(self.module, self.label, self.serial, label, None, scheme)
        return replace(whole, **more)

    def open(self, kind: str, scheme: Scheme | None = None) -> Pkcs11Key:
        return self.open_by(self.reference(kind, scheme), self.pin)

    def open_by(self, reference: KeyReference, pin: PinProvider) -> Pkcs11Key:
        return open_key(reference, pin, self.room)


def on_softhsm(token: Token, make: str, module: Path, room: KeyRoom = HERE) -> RealToken:
    """Return the facts of a token that devpki made through PKCS#11."""
    keys = {k.label: (k.label, k.id, token.public_keys[k.label]) for k in token.spec.keys}
    return RealToken(make, module, token.label, token.serial, token.pin_file, keys, room)


def on_card(card: PivCard) -> RealToken:
    """Return the facts of a PIV card; its always-authenticate key is the kind ``asks``."""
    keys = {
        kind: (station.LABELS[place], _PIV_ID[place], card.public_keys[place])
        for kind, place in {**PIV_KEYS, "asks": piv.SIGNATURE}.items()
    }
    module = station.find_module()
    return RealToken("piv", module, card.label, card.serial, card.pin_file, keys)


def forget(module: Path) -> None:
    """Log out and end a module, so that the next use begins anew; wrong PINs stay known."""
    HERE.close()
    found = module_at(module)
    if found._loaded is not None:
        found._end(found._loaded)


@contextmanager
def variable(name: str, value: str, module: Path) -> Iterator[None]:
    """Set what ``module`` reads when it is loaded; have it unloaded before and after."""
    forget(module)
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        forget(module)
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@pytest.fixture(scope="session")
def softhsm_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Token]:
    """SoftHSM's folder and the token ``contract`` in it."""
    folder = tmp_path_factory.mktemp("softhsm")
    (token,) = create_tokens(folder, (TokenSpec("contract", SOFTHSM_KEYS),))
    return folder, token


@pytest.fixture
def softhsm_token(softhsm_home: tuple[Path, Token]) -> RealToken:
    folder, token = softhsm_home
    softhsm.configure(folder)
    return on_softhsm(token, "softhsm", softhsm.find_module())


@pytest.fixture(scope="session")
def piv_station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PivStation]:
    """A running station with two cards of one person, all tries left."""
    kinds = {
        piv.AUTHENTICATION: "rsa2048",
        piv.SIGNATURE: "rsa2048",
        piv.MANAGEMENT: "p256",
        piv.CARD: "p384",
    }
    specs = (CardSpec(HOLDER, kinds), CardSpec(HOLDER, kinds | {piv.SIGNATURE: "p256"}))
    made = PivStation(tmp_path_factory.mktemp("piv"), specs, NOW)
    module = station.find_module()
    with made, variable(station.SOCKET_VARIABLE, made.address, module):
        yield made


@pytest.fixture
def cards(piv_station: PivStation) -> Iterator[PivStation]:
    """The station, and afterwards both cards in again, with all their tries."""
    yield piv_station
    for place in range(2):
        piv_station.unlock(place)
        piv_station.insert(place)


@pytest.fixture
def piv_token(cards: PivStation) -> RealToken:
    return on_card(cards.cards[0])


@pytest.fixture(scope="module")
def soft_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenCryptoki]:
    """opencryptoki's daemon and its token ``soft``; nobody else on the machine has it meanwhile."""
    spec = TokenSpec("soft", (KeySpec("rsa", "rsa2048", b"\x01"),))
    with OpenCryptoki(tmp_path_factory.mktemp("opencryptoki"), spec) as made:
        yield made


@pytest.fixture
def fresh_daemon(soft_daemon: OpenCryptoki) -> Iterator[OpenCryptoki]:
    """The daemon with a token that may be spoiled: there is a new one before and after."""
    soft_daemon.renew()
    yield soft_daemon
    soft_daemon.renew()


@pytest.fixture
def soft_room() -> Iterator[KeyRoom]:
    """Where opencryptoki is used: only ever in a process of its own.

    From its second C_Finalize on it closes a file descriptor once more that it has closed before,
    whosever that is by then.
    """
    made = KeyRoom(PinGate(lambda _alarm: None), Staffing(processes=1))
    yield made
    made.close()


def on_opencryptoki(daemon: OpenCryptoki, room: KeyRoom) -> RealToken:
    """Return the facts of the daemon's token."""
    return on_softhsm(daemon.token, "opencryptoki", opencryptoki.find_module(), room)


def spend(daemon: OpenCryptoki, count: int) -> None:
    """Use up so many tries of the daemon's token."""
    said = spend_tries(opencryptoki.find_module(), daemon.token, count)
    assert said == ["CKR_PIN_INCORRECT"] * count


@pytest.fixture
def opencryptoki_token(soft_daemon: OpenCryptoki, soft_room: KeyRoom) -> RealToken:
    return on_opencryptoki(soft_daemon, soft_room)


@pytest.fixture(scope="session")
def network_home(
    softhsm_home: tuple[Path, Token],
) -> Iterator[tuple[NetworkHsm, Token]]:
    """A network HSM in front of SoftHSM's token, and that token."""
    folder, token = softhsm_home
    module = network_hsm.find_module()
    with NetworkHsm(folder) as made, variable(network_hsm.ADDRESS_VARIABLE, made.address, module):
        yield made, token


@pytest.fixture
def network(network_home: tuple[NetworkHsm, Token]) -> Iterator[NetworkHsm]:
    """The network HSM, and afterwards a network that works."""
    made, _ = network_home
    yield made
    made.delay(0)
    made.revive()


@pytest.fixture
def network_token(network: NetworkHsm, network_home: tuple[NetworkHsm, Token]) -> RealToken:
    return on_softhsm(network_home[1], "p11-kit", network_hsm.find_module())


FIXTURES: Final[dict[str, str]] = {
    "softhsm": "softhsm_token",
    "piv": "piv_token",
    "opencryptoki": "opencryptoki_token",
    "p11-kit": "network_token",
}
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "softhsm": ("rsa", "p256", "p384", "p521"),
    "piv": ("rsa", "p256", "p384"),
    "opencryptoki": ("rsa",),
    "p11-kit": ("rsa", "p256", "p384", "p521"),
}
"""What each make's tokens have; the rest it cannot make or keep."""


def makes(*names: str) -> list[Any]:
    """Return parameters for the fixture ``token``: the makes of these names, or all."""
    return [pytest.param(name, marks=real(name), id=name) for name in names or FIXTURES]


@pytest.fixture
def token(request: pytest.FixtureRequest) -> RealToken:
    """The token of the make that the test is run for: ``indirect`` parameter, see ``makes``."""
    found: RealToken = request.getfixturevalue(FIXTURES[request.param])
    return found
