"""A reader with virtual PIV cards in it, for OpenSC's PKCS#11 module: ``with PivStation(...)``.

FOLDER/cards/N/ (state, keys, certificates), FOLDER/pins/N.pin (mode 0600), FOLDER/run/pcscd.comm
"""

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

from devpki.child import Child, program
from devpki.piv import keys
from devpki.piv.memory import TRIES, CardMemory
from devpki.tokens import TokenError

SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"
"""Where programs look for pcscd; read when OpenSC's module is loaded."""
LABELS: Final = MappingProxyType(
    {
        keys.AUTHENTICATION: "PIV AUTH key",
        keys.SIGNATURE: "SIGN key",
        keys.MANAGEMENT: "KEY MAN key",
        keys.CARD: "CARD AUTH key",
    }
)
"""What OpenSC calls the keys; their ids are 01 to 04."""
_MODULES: Final = (
    "/usr/lib/*-linux-gnu*/opensc-pkcs11.so",
    "/usr/lib/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
)
_DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_NAMESPACES: Final = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


@dataclass(frozen=True)
class CardSpec:
    """A card to be made: whose it is, and the kind of each of its keys."""

    holder: str
    """Common name in its certificates; OpenSC shows it as the token's label."""
    kinds: Mapping[int, str]


@dataclass(frozen=True)
class PivCard:
    """A card that was made."""

    spec: CardSpec
    serial: str
    """As OpenSC shows it."""
    pin_file: Path
    public_keys: Mapping[int, bytes]
    """DER SubjectPublicKeyInfo by key reference."""

    @property
    def label(self) -> str:
        """The token's label."""
        return self.spec.holder


def find_module() -> Path:
    """Return OpenSC's PKCS#11 module. Error: ``TokenError``."""
    for pattern in _MODULES:
        for path in Path("/").glob(pattern.lstrip("/")):
            return path
    raise TokenError("OpenSC's PKCS#11 module is not installed")


def available() -> bool:
    """Tell whether a station can be set up here: programs are there, namespaces are allowed."""
    if not (_DRIVER.exists() and program("pcscd") and program("unshare")):
        return False
    try:
        find_module()
    except TokenError:
        return False
    tried = subprocess.run([*_unshare(), "true"], capture_output=True, check=False)
    return tried.returncode == 0


class PivStation:
    """A virtual reader whose slots hold cards; two at most, as the reader has two slots."""

    def __init__(self, folder: Path, specs: tuple[CardSpec, ...], now: datetime) -> None:
        self._folder = folder
        (folder / "pins").mkdir(mode=0o700, parents=True)
        self.cards = tuple(self._create(place, spec, now) for place, spec in enumerate(specs))
        self._child: Child | None = None

    def start(self) -> Self:
        """Start reader and daemon, all cards in. Error: ``ChildError``."""
        folders = [str(self._card_folder(place)) for place in range(len(self.cards))]
        self._child = Child("devpki.piv.inside", str(self._folder), *folders, before=_unshare())
        return self

    def stop(self) -> None:
        """Stop reader and daemon; the cards keep what they remember."""
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def pull(self, card: int = 0) -> None:
        """Take a card out."""
        self._order(card, "pull")

    def insert(self, card: int = 0) -> None:
        """Put a card in."""
        self._order(card, "insert")

    def unlock(self, card: int = 0) -> None:
        """Give a card all its tries again."""
        self.leave_tries(TRIES, card)

    def leave_tries(self, tries: int, card: int = 0) -> None:
        """Leave a card so many tries of its PIN."""
        self._order(card, "leave", tries=tries)

    def pins_sent(self, card: int = 0) -> int:
        """Return how many PINs the card was ever presented, right or wrong."""
        sent: int = self._order(card, "tell")["sent"]
        return sent

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Let this process's PC/SC clients find the station; set before their module loads."""
        before = os.environ.get(SOCKET_VARIABLE)
        os.environ[SOCKET_VARIABLE] = self.address
        try:
            yield
        finally:
            if before is None:
                del os.environ[SOCKET_VARIABLE]
            else:
                os.environ[SOCKET_VARIABLE] = before

    @property
    def address(self) -> str:
        """The value of :data:`SOCKET_VARIABLE` for other processes."""
        return str(self._folder / "run" / "pcscd.comm")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _order(self, card: int, do: str, **more: Any) -> Any:
        assert self._child is not None, "the station is not running"
        return self._child.order(do=do, card=card, **more)

    def _card_folder(self, place: int) -> Path:
        return self._folder / "cards" / str(place)

    def _create(self, place: int, spec: CardSpec, now: datetime) -> PivCard:
        folder = self._card_folder(place)
        folder.mkdir(mode=0o700, parents=True)
        pin_file = self._folder / "pins" / f"{place}.pin"
        pin_file.touch(mode=0o600)
        pin_file.write_text(f"{secrets.randbelow(10**6):06}\n")
        memory = CardMemory.create(folder, pin_file.read_text().strip())
        made = {
            reference: keys.create_key(folder, reference, kind, spec.holder, now)
            for reference, kind in spec.kinds.items()
        }
        return PivCard(spec, memory.state.guid[-16:], pin_file, made)


def _unshare() -> tuple[str, ...]:
    """Return the command that gives what follows namespaces of its own, as root or as anybody."""
    return ("unshare", *(() if os.geteuid() == 0 else ("--map-root-user",)), *_NAMESPACES)
